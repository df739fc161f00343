using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Http;
using Microsoft.Extensions.Logging;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary><c>lorahub run --url</c> and <c>lorahub publish</c> call a running service.</summary>
public sealed class ServiceCommandTests
{
    const string Module = "lorahub/t5_mini-french";

    [Fact]
    public async Task A_service_answers_as_this_process_does_and_a_result_is_published()
    {
        await using var service = new RealService();
        service.UseKestrel(0);
        service.StartServer();
        var client = await service.ReadyAsync();
        var url = client.BaseAddress!.ToString();

        var text = await RunAsync(service.DataPath, url, "run", Module, "en>fr window");
        var json = await RunAsync(service.DataPath, url, "run", Module, "en>fr window", "--json");

        Assert.Equal((0, "fenêtre\n"), (text.Code, text.Output));
        Assert.StartsWith("Using seed: ", text.Error, StringComparison.Ordinal);
        var data = JsonNode.Parse(json.Output)!;
        Assert.Equal((Module, "succeeded", "fenêtre"), (data.Text("model"), data.Text("status"), string.Concat(data["output"]!.AsArray())));

        var made = await client.PostJsonAsync(
            "/v1/predictions",
            """{"version": "lorahub/lorahub", "input": {"example_inputs": "Plural of: cat", "example_outputs": "cats", "max_inference_step": 10}}""",
            ("Prefer", "wait=60"));
        var published = await RunAsync(service.DataPath, url, "publish", made.Text("id")!, "me/plurals");
        var refused = await RunAsync(service.DataPath, url, "publish", made.Text("id")!, Module);
        var unknown = await RunAsync(service.DataPath, url, "publish", "aaaaaaaaaaaaaaaaaaaaaaaaaa", "me/none");

        Assert.Equal((0, ""), (published.Code, published.Error));
        Assert.Matches($@"^{url}v1/modules/me/plurals/versions/[0-9a-f]{{64}}\n\z", published.Output);
        Assert.Equal((1, ""), (refused.Code, refused.Output));
        Assert.StartsWith("The service refused the publication (409): ", refused.Error, StringComparison.Ordinal);
        Assert.Equal(
            (1, "The service refused the publication (404): The requested resource could not be found.\n"), (unknown.Code, unknown.Error));
    }

    [Fact]
    public async Task A_service_with_tokens_needs_one_and_errors_are_one_line()
    {
        await using var service = new Service(TestTokens.Settings);
        service.UseKestrel(0);
        service.StartServer();
        var url = (await service.ReadyAsync()).BaseAddress!.ToString();
        service.Predictor.TextScript = async (_, progress, _) =>
        {
            progress.Generated("half of ");
            await Task.Yield();
            throw new PredictionException("the rest is missing.");
        };

        var without = await RunAsync(service.DataPath, url, "run", "lorahub/plurals", "x");
        var failed = await RunAsync(service.DataPath, url, "run", "lorahub/plurals", "x", "--token", TestTokens.Anna);
        var wrong = await RunAsync(service.DataPath, url, "run", "lorahub/plurals", "x", "-i", "num_beams=1000", "--token", TestTokens.Anna);

        Assert.Equal((1, ""), (without.Code, without.Output));
        Assert.StartsWith("The service refused the prompt (401): ", without.Error, StringComparison.Ordinal);
        Assert.Equal((1, "half of \n"), (failed.Code, failed.Output));
        Assert.EndsWith("The prediction failed: the rest is missing.\n", failed.Error, StringComparison.Ordinal);
        Assert.Equal(1, wrong.Code);
        Assert.StartsWith("The service refused the prompt (422): input.num_beams: ", wrong.Error, StringComparison.Ordinal);
        Assert.Equal(1, wrong.Error.Count(letter => letter == '\n'));
    }

    [Fact]
    public async Task A_stream_that_breaks_is_resumed_after_its_last_event()
    {
        var asked = new List<string>();
        var builder = WebApplication.CreateSlimBuilder();
        builder.Logging.ClearProviders();
        builder.WebHost.UseUrls("http://127.0.0.1:0");
        await using var app = builder.Build();
        app.Run(async http =>
        {
            var prediction = new JsonObject { ["id"] = "x", ["status"] = "succeeded", ["output"] = new JsonArray("a", " b\e[2J\n", "c") };
            if (http.Request.Path != "/v1/streams/x")
            {
                prediction["urls"] = new JsonObject { ["get"] = $"{app.Urls.Single()}/v1/get", ["stream"] = $"{app.Urls.Single()}/v1/streams/x" };
                await http.Response.WriteAsJsonAsync(prediction);
                return;
            }

            asked.Add(http.Request.Headers["Last-Event-ID"].ToString());
            http.Response.ContentType = "text/event-stream";
            await http.Response.WriteAsync(asked.Count == 1
                ? "event: output\nid: 1:0\ndata: a\n\nevent: output\nid: 2:0\ndata:  b\e[2J\ndata: \n\n"
                : ": ping\nevent: output\nid: 3:0\ndata: c\n\nevent: done\nid: 4:0\ndata: {}\n\n");
        });
        await app.StartAsync(TestContext.Current.CancellationToken);

        var run = await RunAsync(Path.GetTempPath(), app.Urls.Single(), "run", "me/x", "prompt");

        Assert.Equal((0, "a b [2J\nc\n", ""), (run.Code, run.Output, run.Error));
        Assert.Equal(["", "2:0"], asked);
    }

    [Theory]
    [InlineData("run", "me/x", "prompt")]
    [InlineData("publish", "aaaaaaaaaaaaaaaaaaaaaaaaaa", "me/x")]
    public async Task A_service_that_is_not_there_is_reported(params string[] arguments)
    {
        var run = await RunAsync(Path.GetTempPath(), "http://127.0.0.1:9", arguments);

        Assert.Equal((1, ""), (run.Code, run.Output));
        Assert.StartsWith("Could not reach 127.0.0.1:9: ", run.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_destination_that_is_no_name_is_refused_without_a_request()
    {
        var run = await RunAsync(Path.GetTempPath(), "http://127.0.0.1:9", "publish", "aaaaaaaaaaaaaaaaaaaaaaaaaa", "../up");

        Assert.Equal((2, "name: `../up` is not owner/name.\n"), (run.Code, run.Error));
    }

    static Task<FinishedRun> RunAsync(string dataPath, string url, params string[] arguments) =>
        FinishedRun.OfAsync(dataPath, [.. arguments, "--url", url]);
}
