using System.Net.Http.Headers;
using System.Text;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Cog.Recorded;

/// <summary>
/// Sends requests recorded with Cog's server (<c>exchanges.json</c>) to this one. Responses equal Cog's except for the differences in
/// <c>differences.json</c>.
/// </summary>
public sealed class RecordedTests(RecordedServices services) : IClassFixture<RecordedServices>
{
    static readonly IReadOnlyList<Difference> Differences = Exchange.Read<Difference>("differences.json");

    public static TheoryData<string> Names => [.. Exchange.All.Select(exchange => exchange.Name)];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Only_the_listed_differences_exist(string name)
    {
        var exchange = Exchange.All.Single(exchange => exchange.Name == name);
        var client = await services.InAsync(exchange.Service);
        var open = new Dictionary<string, Task<HttpResponseMessage>>();
        var found = new List<string>();
        foreach (var (index, step) in exchange.Steps.Index())
        {
            if (step.Until is not null)
            {
                await (step.Of is null ? client.UntilHealthAsync(step.Until) : client.UntilPredictionAsync(step.Of, step.Until));
                continue;
            }

            var answer = step.Answer is not null ? open[step.Answer] : SendAsync(client, step);
            if (step.As is not null)
            {
                open[step.As] = answer;
                continue;
            }

            using var response = await answer.WaitAsync(Limits.Wait, TestContext.Current.CancellationToken);
            var differences = await Comparison.CompareAsync(step.Cog!, response);
            found.AddRange(differences.Select(difference => Line(index + 1, difference.At, difference.Cog, difference.Ours)));
        }

        var meant = Differences.Where(difference => difference.Exchange == name)
            .Select(difference => Line(difference.Step, difference.At, difference.Cog, difference.Ours)).ToArray();
        Assert.True(found.ToHashSet().SetEquals(meant),
            $"Differs, and is not listed:\n{string.Join('\n', found.Except(meant))}\n"
            + $"Is listed, and does not differ:\n{string.Join('\n', meant.Except(found))}");
    }

    [Fact]
    public void Every_difference_names_an_exchange_and_a_reason()
    {
        Assert.NotEmpty(Differences);
        Assert.All(Differences, difference => Assert.Contains(difference.Exchange, Names.Select(row => row.Data)));
        Assert.All(Differences, difference => Assert.False(string.IsNullOrWhiteSpace(difference.Why), $"{difference}"));
        Assert.All(Exchange.All, exchange => Assert.False(string.IsNullOrWhiteSpace(exchange.Source), exchange.Name));
    }

    static async Task<HttpResponseMessage> SendAsync(HttpClient client, Step step)
    {
        var line = step.Send!.Split(' ', 2);
        var request = new HttpRequestMessage(new HttpMethod(line[0]), line[1]);
        if (step.Json is not null || step.Text is not null)
        {
            request.Content = new ByteArrayContent(Encoding.UTF8.GetBytes(step.Text ?? step.Json!.ToJsonString()));
            request.Content.Headers.ContentType = step.Json is not null ? new MediaTypeHeaderValue("application/json")
                : step.Type is not null ? MediaTypeHeaderValue.Parse(step.Type) : null;
        }

        foreach (var (name, value) in step.Headers ?? new Dictionary<string, string>())
        {
            request.Headers.TryAddWithoutValidation(name, value);
        }

        return await client.SendAsync(request, TestContext.Current.CancellationToken);
    }

    static string Line(int step, string at, string cog, string ours) => $"step {step}, {at}: Cog `{cog}`, ours `{ours}`";
}
