using LoraHub.Api.Tests.Support;
using LoraHub.Api.Tests.Webhooks;

namespace LoraHub.Api.Tests.Telemetry;

/// <summary>The OTLP messages that a collector receives, whose texts are plain bytes.</summary>
public sealed class OtlpTests
{
    const string Canary = "CANARY";

    [Fact]
    public async Task Spans_and_metrics_reach_the_collector_without_client_data()
    {
        await using var collector = await Receiver.StartAsync();
        await using var service = new Service(
        [
            .. TestTokens.Settings,
            ("Telemetry:Otlp", collector.Origin), ("OTEL_BSP_SCHEDULE_DELAY", "50"), ("OTEL_METRIC_EXPORT_INTERVAL", "100"),
        ]);
        service.Predictor.Script = run => run.Input.Seed == 1
            ? throw new InvalidOperationException($"{Canary} as what broke")
            : run.Answer(Canary);
        var client = await service.ReadyAsync();
        (string, string)[] headers = [TestTokens.Header(TestTokens.Anna), ("User-Agent", Canary), ("Cookie", Canary), ("X-Forwarded-Host", Canary)];

        foreach (var seed in (int[])[1, 2])
        {
            await client.PostJsonAsync("/predictions",
                $$$"""{"id": "prediction-{{{seed}}}", "input": {"test_inputs": "{{{Canary}}}", "seed": {{{seed}}}}}""", headers);
        }

        foreach (var path in (string[])[$"/v1/streams/{Canary}?{Canary}={Canary}", $"/v1/{Canary}", $"/results/{Canary}/adapter.zip",
            $"/{Canary}?q={Canary}"])
        {
            using var response = await client.FetchAsync(path, headers);
        }

        var spans = new List<string>();
        var metrics = new List<string>();
        string[] expected = ["prediction-1", "prediction-2", "publish", "/v1/streams/{address}", "/results/{digest}/", "lorahub.prediction.status"];
        while (expected.Any(text => !spans.Any(body => body.Contains(text, StringComparison.Ordinal)))
            || !metrics.Any(body => body.Contains("lorahub.predictions.ended", StringComparison.Ordinal)))
        {
            var received = await collector.NextAsync();
            (received.Request == "POST /v1/traces" ? spans : metrics).Add(received.Body);
            Assert.Contains(received.Request, (string[])["POST /v1/traces", "POST /v1/metrics"]);
        }

        Assert.All([.. spans, .. metrics], body =>
        {
            Assert.DoesNotContain(Canary, body, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(TestTokens.Anna, body, StringComparison.Ordinal);
        });
        Assert.All(metrics, body => Assert.DoesNotContain("prediction-", body, StringComparison.Ordinal));
    }

    [Fact]
    public async Task An_unreachable_collector_does_not_affect_requests()
    {
        await using var service = new Service(("Telemetry:Otlp", "http://127.0.0.1:1"), ("OTEL_BSP_SCHEDULE_DELAY", "20"),
            ("OTEL_METRIC_EXPORT_INTERVAL", "20"));
        var client = await service.ReadyAsync();

        var prediction = await client.PostJsonAsync("/predictions", "{}");

        Assert.Equal("succeeded", prediction.Text("status"));
    }

    [Theory]
    [InlineData("localhost:4318")]
    [InlineData("grpc://collector:4317")]
    public async Task An_invalid_address_stops_the_start(string address)
    {
        var folder = Directory.CreateTempSubdirectory("lorahub-");

        var run = await FinishedRun.OfAsync(folder.FullName, ["--urls", "http://127.0.0.1:0"], ("Telemetry:Otlp", address));

        folder.Delete(recursive: true);
        Assert.Equal(1, run.Code);
        Assert.Contains("Otlp", run.Error, StringComparison.Ordinal);
    }
}
