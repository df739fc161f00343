using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Telemetry;

/// <summary>The service's log for programs.</summary>
public sealed class JsonLogTests
{
    const string Canary = "CANARY";

    [Fact]
    public async Task Every_line_is_a_JSON_object_without_paths_or_client_data()
    {
        await using var host = await TestHostProcess.StartAsync(
            [.. TestTokens.Settings, ("Log:Format", "json"), ("Serilog:MinimumLevel:Default", "Verbose"),
                ("Serilog:MinimumLevel:Override:Microsoft", "Verbose")]);
        var client = await host.ReadyAsync();
        const string Trace = "4bf92f3577b34da6a3ce929d0e0e4736";

        await client.PostJsonAsync("/predictions", $$$"""{"id": "mine", "input": {"test_inputs": "{{{Canary}}}"}}""",
            ("traceparent", $"00-{Trace}-00f067aa0ba902b7-01"));
        await client.PostJsonAsync("/predictions",
            $$$"""{"input": {"example_inputs": "{{{Canary}}}", "example_outputs": "{{{Canary}}}", "seed": 3}}""");
        using var stream = await client.FetchAsync($"/v1/streams/{Canary}?{Canary}", TestTokens.Header(TestTokens.Anna));
        Assert.Equal(0, await host.TerminateAsync());

        var lines = host.Log.Split('\n', StringSplitOptions.RemoveEmptyEntries)
            .Select(line => (Text: line, Json: JsonNode.Parse(line)!.AsObject())).ToArray();
        var created = Assert.Single(lines, line => line.Json.Text("@m") == "Prediction \"mine\" was created.").Json;
        Assert.Equal(Trace, created.Text("@tr"));
        Assert.Matches("^[0-9a-f]{16}$", created.Text("@sp"));
        Assert.Equal("mine", created.Text("PredictionId"));
        Assert.Contains(lines, line => line.Json.Text("@l") == "Error");
        Assert.All(lines, line =>
        {
            Assert.DoesNotContain(Canary, line.Text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain("/predictions", line.Text, StringComparison.Ordinal);
            Assert.DoesNotContain(TestTokens.Anna, line.Text, StringComparison.Ordinal);
            Assert.False(line.Json.ContainsKey("RequestPath"));
        });
    }

    [Fact]
    public async Task An_invalid_format_stops_the_start()
    {
        var folder = Directory.CreateTempSubdirectory("lorahub-");

        var run = await FinishedRun.OfAsync(folder.FullName, ["--urls", "http://127.0.0.1:0"], ("Log:Format", "xml"));

        folder.Delete(recursive: true);
        Assert.Equal(1, run.Code);
        Assert.Contains("Log:Format", run.Error, StringComparison.Ordinal);
    }
}
