using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LoraHub.Api.Tests.EndToEnd;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.Telemetry;

/// <summary>Compares the queries under <c>deploy/</c> with the metrics that the shipped service exports.</summary>
[Collection(nameof(Alone))]
public sealed partial class DashboardTests
{
    const string Canary = "mimsy";

    static readonly string Dashboard = Path.Combine(Repository.Root, "deploy", "grafana", "lorahub.json");
    static readonly string Alerts = Path.Combine(Repository.Root, "deploy", "prometheus", "alerts.yml");

    [Fact]
    public async Task Every_metric_and_label_of_the_dashboard_and_alerts_is_exported_without_client_data()
    {
        await using var real = new RealService();
        await using var service = real.WithWebHostBuilder(host => host.ConfigureTestServices(services =>
            services.AddSingleton<IPredictionUpkeep>(new ScriptedUpkeep(_ => new QueueState(1, 1, TimeProvider.System.GetUtcNow())))));
        var client = service.CreateClient();
        await Scrape.UntilAsync(client, scrape => scrape.Value("lorahub_ready") == 1);
        var prediction = await client.PostJsonAsync(
            "/predictions",
            $$$"""
            {"id": "mimsy-id", "input": {"example_inputs": "{{{Canary}}} ; sun ;", "example_outputs": "soleil", "test_inputs": "{{{Canary}}} ; sea ;",
             "num_random_lora_modules": 3, "max_inference_step": 10, "seed": 1}}
            """);
        Assert.Equal("succeeded", prediction.Text("status"));
        using var unknown = await client.FetchAsync($"/{Canary}");

        // A request is counted after its response is sent, and a prediction's time after its end.
        var scrape = await Scrape.UntilAsync(client, scrape =>
            scrape.Value("http_server_request_duration_seconds_count", ("http_route", "/predictions")) > 0
            && scrape.Value("http_server_request_duration_seconds_count", ("http_response_status_code", "404")) > 0
            && scrape.Value("lorahub_prediction_duration_seconds_count") > 0);

        Assert.Equal(10, scrape.Value("lorahub_evaluation_duration_seconds_count"));
        Assert.True(scrape.Value("lorahub_tokens_total", ("kind", "input")) > 10);
        Assert.True(scrape.Value("lorahub_tokens_total", ("kind", "generated")) > 0);
        Assert.Equal(3, scrape.Value("lorahub_cache_requests_total", ("cache", "modules"), ("outcome", "miss")));
        Assert.DoesNotContain(Canary, scrape.Text, StringComparison.OrdinalIgnoreCase);
        var asked = Expressions().SelectMany(Selectors).Distinct().ToArray();
        Assert.NotEmpty(asked);
        Assert.All(asked, selector => Assert.True(scrape.Samples.Any(sample => Fits(sample, selector)), $"{selector} is not exported"));
    }

    [Fact]
    public void The_dashboard_or_alerts_use_every_metric()
    {
        var text = string.Join('\n', Expressions());

        Assert.All(
            ["queue_waiting", "queue_running", "queue_oldest_age", "predictions_created", "predictions_ended", "prediction_duration", "leases_lost",
                "evaluation_duration", "phase_duration", "webhooks", "cache_requests", "tokens", "ready"],
            (string name) => Assert.Contains($"lorahub_{name}", text, StringComparison.Ordinal));
    }

    [Fact]
    public void Every_panel_uses_the_selected_data_source()
    {
        var dashboard = JsonNode.Parse(File.ReadAllText(Dashboard))!;

        Assert.Equal("datasource", dashboard["templating"]!["list"]![0]!.Text("name"));
        Assert.All(dashboard["panels"]!.AsArray(), panel =>
        {
            Assert.All([panel!["datasource"]!, .. panel["targets"]!.AsArray().Select(target => target!["datasource"]!)],
                source => Assert.Equal("${datasource}", source.Text("uid")));
            Assert.NotEmpty(panel["targets"]!.AsArray());
        });
    }

    [Fact]
    public void Every_alert_has_a_summary_and_a_description()
    {
        var alerts = File.ReadAllText(Alerts).Split("- alert: ")[1..];

        Assert.Equal(6, alerts.Length);
        Assert.All(alerts,
            alert => Assert.Matches(@"(?s)expr: .*severity: (warning|critical).*summary: "".+"".*description: >-\n\s+\w.{80,}", alert));
    }

    static IEnumerable<string> Expressions() =>
    [
        .. JsonNode.Parse(File.ReadAllText(Dashboard))!["panels"]!.AsArray().SelectMany(panel => panel!["targets"]!.AsArray())
        .Select(target => target!.Text("expr")!),
        .. AlertExpression().Matches(File.ReadAllText(Alerts)).Select(match => match.Groups["expr"].Value),
    ];

    /// <summary>The metrics of an expression, each with its labels in braces.</summary>
    static IEnumerable<string> Selectors(string expression)
    {
        var bare = Grouping().Replace(expression, "");
        var selectors = Selector().Matches(bare).Select(match => match.Value).ToArray();
        Assert.NotEmpty(selectors);
        return selectors;
    }

    static bool Fits(Sample sample, string selector)
    {
        var parts = selector.Split('{');
        return sample.Name == parts[0]
            && Matcher().Matches(parts.ElementAtOrDefault(1) ?? "")
                .All(matcher => sample.Has((matcher.Groups["name"].Value, matcher.Groups["value"].Value)));
    }

    [GeneratedRegex(@"expr: (>-\n)?(?<expr>.*?)\n\s+(for|labels):", RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex AlertExpression();

    [GeneratedRegex(@"\bby \([^)]*\)|\[[^\]]*\]", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Grouping();

    /// <summary>A name that is neither a function nor an operator, with its labels.</summary>
    [GeneratedRegex(@"\b(?!and\b|or\b|unless\b)[a-z_][a-z0-9_]*\b(?!\s*\()(?![^{]*\})(\{[^}]*\})?", RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex Selector();

    [GeneratedRegex(@"(?<name>[a-z_]+)=""(?<value>[^""]*)""", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Matcher();
}
