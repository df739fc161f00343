using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Clients;

/// <summary>
/// Sends the requests of <c>cog predict IMAGE</c> (replicate/cog): polls the health check, reads the document, posts a body with a context.
/// </summary>
public sealed class CogPredictTests
{
    static readonly TimeSpan Poll = TimeSpan.FromMilliseconds(100);

    [Fact]
    public async Task Cog_predict_polls_health_reads_the_schema_and_posts_a_prediction()
    {
        using var hold = new Hold();
        hold.AtSetup();
        await using var host = await TestHostProcess.StartAsync(hold.Setting);

        var states = await PollAsync(host.Client, hold);
        var document = await host.Client.GetJsonAsync("/openapi.json");
        var inputs = document["components"]!["schemas"]!["Input"]!["properties"]!.AsObject().Select(input => input.Key).ToHashSet();
        using var response = await host.Client.PostAsync("/predictions",
            """{"input": {"seed": 7, "test_inputs": "a"}, "context": {"caller": "cog"}}""");

        Assert.Equal(["STARTING", "READY"], states.Distinct()); // it gives up on anything else
        Assert.Superset(new HashSet<string> { "seed", "test_inputs" }, inputs);
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal("succeeded", (await response.JsonAsync()).Text("status"));
    }

    static async Task<List<string?>> PollAsync(HttpClient client, Hold hold)
    {
        var states = new List<string?>();
        using var limit = new CancellationTokenSource(Limits.Wait);
        while (states is not [.., "READY"])
        {
            await Task.Delay(Poll, limit.Token);
            states.Add((await client.GetJsonAsync("/health-check")).Text("status"));
            hold.Release(); // the setup ends once it was seen
        }

        return states;
    }
}
