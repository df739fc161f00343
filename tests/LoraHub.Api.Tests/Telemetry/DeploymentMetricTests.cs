using LoraHub.Api.Tests.Replicate.Deployments;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Telemetry;

/// <summary>The metrics of deployments in <c>/metrics</c>.</summary>
[Collection(nameof(Alone))]
public sealed class DeploymentMetricTests
{
    const string Path = "/v1/deployments/lorahub/measured/predictions", Prompt = """{"input": {"prompt": "sea"}}""";

    [Fact]
    public async Task Predictions_of_a_deployment_are_counted_and_timed_under_its_name()
    {
        await using var service = new Service();
        service.Predictor.TextScript = (plan, progress, _) =>
        {
            progress.Generated(plan.Input.Prompt);
            return plan.Input.Seed == 1 ? throw new PredictionException("scripted failure") : Task.CompletedTask;
        };
        var client = await service.ReadyAsync();
        var version = await DeploymentTests.PublishAsync(client, "me/measured", [1, 2]);
        using var created = await client.PostAsync("/v1/deployments", DeploymentTests.Body("measured", "me/measured", version, least: 1));

        await client.PostJsonAsync(Path, Prompt, ("Prefer", "wait"));
        await client.PostJsonAsync(Path, Prompt, ("Prefer", "wait"));
        await client.PostJsonAsync(Path, """{"input": {"prompt": "sea", "seed": 1}}""", ("Prefer", "wait"));
        await client.PostJsonAsync("/v1/models/me/measured/predictions", Prompt, ("Prefer", "wait"));
        using var unknown = await client.PostAsync("/v1/deployments/lorahub/unknown/predictions", Prompt);

        var scrape = await Scrape.UntilAsync(client, scrape =>
            Value(scrape, "prediction_duration_seconds_count") == 3 && scrape.Value("lorahub_deployment_kept") == 1);
        Assert.Equal(3, Value(scrape, "predictions_created_total"));
        Assert.Equal(2, Value(scrape, "predictions_ended_total", ("status", "succeeded")));
        Assert.Equal(1, Value(scrape, "predictions_ended_total", ("status", "failed")));
        Assert.DoesNotContain("lorahub/unknown", scrape.Text, StringComparison.Ordinal);
    }

    static double? Value(Scrape scrape, string name, params (string Name, string Value)[] labels) =>
        scrape.Value($"lorahub_deployment_{name}", [("deployment", "lorahub/measured"), .. labels]);
}
