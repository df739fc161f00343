using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Storage.Tests.Distributed;

namespace LoraHub.Api.Tests.Telemetry;

/// <summary>The real program with a port of its own for its metrics.</summary>
public sealed class MetricsPortTests(NatsServer nats)
{
    [Fact]
    public async Task Metrics_with_a_port_of_their_own_are_answered_only_there_and_nothing_else_is()
    {
        var port = NatsServer.FreePort();
        await using var host = await TestHostProcess.StartAsync(("Telemetry:MetricsUrl", $"http://127.0.0.1:{port}"));
        await host.ReadyAsync();
        using var scraper = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };

        foreach (var path in (string[])["/metrics", "/METRICS", "/metrics/", "/%6Detrics"])
        {
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(host.Client, path));
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(host.Client, path, $"127.0.0.1:{port}")); // not by what it says
        }

        Assert.NotEmpty((await Scrape.OfAsync(scraper)).Samples);
        foreach (var path in (string[])["/health-check", "/health/live", "/v1/predictions", "/docs", "/openapi.json", "/"])
        {
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(scraper, path));
            Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(scraper, path, host.Client.BaseAddress!.Authority));
        }

        Assert.Equal(HttpStatusCode.OK, await StatusAsync(host.Client, "/health-check"));
        await host.UntilLogAsync($"Metrics: http://127.0.0.1:{port}/metrics");
        await host.UntilLogAsync("Data folder: "); // the line after those of the addresses
        Assert.DoesNotContain($"Try it in a browser: http://127.0.0.1:{port}", host.Log, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_has_them_on_a_port_of_their_own_too()
    {
        var port = NatsServer.FreePort();
        await using var host = await TestHostProcess.StartAsync(("Role", "worker"), ("Distributed:Nats", nats.UrlOrSkip()),
            ("Distributed:Prefix", "metrics-port"), ("Telemetry:MetricsUrl", $"http://127.0.0.1:{port}"));
        using var scraper = new HttpClient { BaseAddress = new Uri($"http://127.0.0.1:{port}") };

        Assert.NotEmpty((await Scrape.OfAsync(scraper)).Samples);
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(scraper, "/health/live"));
        Assert.Equal(HttpStatusCode.OK, await StatusAsync(host.Client, "/health/live"));
        Assert.Equal(HttpStatusCode.NotFound, await StatusAsync(host.Client, "/metrics"));
    }

    [Theory]
    [InlineData("9464")]
    [InlineData("http://*:9464/metrics")]
    [InlineData("https://*:9464")]
    [InlineData("http://*")]
    public async Task Another_value_stops_the_start_with_the_reason(string url)
    {
        var data = Directory.CreateTempSubdirectory("lorahub-").FullName;

        var run = await FinishedRun.OfAsync(data, ["--urls", "http://127.0.0.1:0"], ("Telemetry:MetricsUrl", url));

        Assert.Equal(1, run.Code);
        Assert.Contains("use a URL with a port and without a path, such as http://*:9464", run.Error, StringComparison.Ordinal);
        Directory.Delete(data, recursive: true);
    }

    static async Task<HttpStatusCode> StatusAsync(HttpClient client, string path, string? host = null)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, path);
        request.Headers.Host = host;
        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);
        return response.StatusCode;
    }
}
