using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Api.Tests.Webhooks;
using LoraHub.Api.Worker;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.Telemetry;

/// <summary>The metrics of predictions in <c>/metrics</c>.</summary>
[Collection(nameof(Alone))]
public sealed class MetricsTests
{
    [Fact]
    public async Task Predictions_are_counted_by_their_final_status()
    {
        await using var service = new Service(("Queue:BareCapacity", "10"));
        service.Predictor.Script = run => run.Input.Seed switch
        {
            1 => throw new PredictionException("scripted failure"),
            2 => run.UntilCanceled(),
            _ => run.Answer(),
        };
        var client = await service.ReadyAsync();
        var before = await Scrape.UntilAsync(client, scrape => scrape.Value("lorahub_predictions_created_total") is not null);

        await client.PostJsonAsync("/predictions", """{"input": {"seed": 3}}""");
        await client.PostJsonAsync("/predictions", """{"input": {"seed": 3}}""");
        await client.PostJsonAsync("/predictions", """{"input": {"seed": 1}}""");
        foreach (var (id, seed) in (IReadOnlyList<(string, int)>)[("running", 2), ("waiting", 3)])
        {
            await client.PostJsonAsync("/predictions", $$$"""{"id": "{{{id}}}", "input": {"seed": {{{seed}}}}}""", ("Prefer", "respond-async"));
        }

        await service.UntilAsync<PredictionEvent.Started>("running");
        foreach (var id in (string[])["waiting", "running"])
        {
            using var canceled = await client.PostAsync($"/predictions/{id}/cancel", json: null);
            Assert.Equal(HttpStatusCode.OK, canceled.StatusCode);
            await service.UntilAsync<PredictionEvent.Canceled>(id);
        }

        const string Durations = "lorahub_prediction_duration_seconds_count"; // counted after the end is
        var after = await Scrape.UntilAsync(client, scrape =>
            Ended(scrape, "canceled") - Ended(before, "canceled") == 2 && scrape.Value(Durations) - (before.Value(Durations) ?? 0) == 4);
        Assert.Equal(5, after.Value("lorahub_predictions_created_total") - before.Value("lorahub_predictions_created_total"));
        Assert.Equal(2, Ended(after, "succeeded") - Ended(before, "succeeded"));
        Assert.Equal(1, Ended(after, "failed") - Ended(before, "failed"));
        Assert.Equal(after.Value("lorahub_leases_lost_total"), before.Value("lorahub_leases_lost_total"));

        static double? Ended(Scrape scrape, string status) => scrape.Value("lorahub_predictions_ended_total", ("status", status));
    }

    [Fact]
    public async Task Webhooks_are_counted_by_event_and_outcome()
    {
        await using var receiver = await Receiver.StartAsync();
        receiver.Answer = (count, http) =>
        {
            http.Response.StatusCode = count == 1 ? 500 : 200; // the start is sent once, the end is retried until accepted
            return Task.CompletedTask;
        };
        await using var service = new Service(Receiver.Allowed);
        var client = await service.ReadyAsync();
        var before = await Scrape.UntilAsync(client, scrape => Count(scrape, "start", "failed") is not null);

        await client.PostJsonAsync("/predictions",
            $$"""{"input": {}, "webhook": "{{receiver.Url}}", "webhook_events_filter": ["start", "completed"]}""");

        var after = await Scrape.UntilAsync(client, scrape => Count(scrape, "completed", "taken") - Count(before, "completed", "taken") == 1);
        Assert.Equal(1, Count(after, "start", "failed") - Count(before, "start", "failed"));
        Assert.Equal(0, Count(after, "start", "taken") - Count(before, "start", "taken"));
        Assert.Equal(0, Count(after, "completed", "failed") - Count(before, "completed", "failed"));

        static double? Count(Scrape scrape, string told, string outcome) =>
            scrape.Value("lorahub_webhooks_total", ("event", told), ("outcome", outcome));
    }

    [Fact]
    public async Task The_queue_of_each_kind_and_readiness_are_measured()
    {
        var upkeep = new ScriptedUpkeep(kind => kind == PredictionKind.Train
            ? new QueueState(Waiting: 7, Running: 2, TimeProvider.System.GetUtcNow().AddMinutes(-3))
            : new QueueState(Waiting: 0, Running: 1, OldestWaiting: null));
        await using var service = new Service { Replace = services => services.AddSingleton<IPredictionUpkeep>(upkeep) };
        var client = await service.ReadyAsync();

        var scrape = await Scrape.UntilAsync(client, scrape => Of("waiting", "train", scrape) == 7 && scrape.Value("lorahub_ready") == 1);

        Assert.Equal(2, Of("running", "train", scrape));
        Assert.InRange(Of("oldest_age_seconds", "train", scrape)!.Value, 180, 200);
        foreach (var kind in (string[])["compose", "generate"])
        {
            Assert.Equal((0, 1, 0), (Of("waiting", kind, scrape), Of("running", kind, scrape), Of("oldest_age_seconds", kind, scrape)));
        }

        static double? Of(string what, string kind, Scrape scrape) => scrape.Value($"lorahub_queue_{what}", ("kind", kind));
    }

    [Fact]
    public async Task A_queue_that_cannot_be_measured_is_logged_once_without_the_reason()
    {
        var upkeep = new ScriptedUpkeep(_ => throw new InvalidOperationException("Host=db;Password=hunter2"));
        await using var service = new Service { Replace = services => services.AddSingleton<IPredictionUpkeep>(upkeep) };
        await service.ReadyAsync();

        await upkeep.Asked.WaitAsync(Limits.Wait, TestContext.Current.CancellationToken);
        using var limit = new CancellationTokenSource(Limits.Wait);
        while (!service.Log.Text.Contains("Could not measure the queue", StringComparison.Ordinal))
        {
            await Task.Delay(10, limit.Token);
        }

        Assert.DoesNotContain("hunter2", service.Log.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(0, 1)]
    [InlineData(1, 1)]
    [InlineData(100, 0)]
    public async Task A_lease_that_was_lost_is_counted_once(int taken, int lost)
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();
        var before = await Scrape.UntilAsync(client, scrape => scrape.Value("lorahub_leases_lost_total") is not null);

        await service.Services.GetRequiredService<PredictionRunner>().RunAsync(new LosingLease(taken), CancellationToken.None);
        await client.PostJsonAsync("/predictions", "{}"); // this prediction's counters appear in the same scrape

        var after = await Scrape.UntilAsync(client,
            scrape => scrape.Value("lorahub_predictions_created_total") > before.Value("lorahub_predictions_created_total"));
        Assert.Equal(lost, after.Value("lorahub_leases_lost_total") - before.Value("lorahub_leases_lost_total"));
    }

    [Fact]
    public async Task Without_the_setting_there_are_no_metrics()
    {
        await using var service = new Service(("Telemetry:Metrics", "false"));

        using var response = await (await service.ReadyAsync()).FetchAsync("/metrics");

        Assert.Equal(HttpStatusCode.NotFound, response.StatusCode);
    }

    [Fact]
    public async Task Metrics_need_no_token_and_are_not_in_the_OpenAPI_documents()
    {
        await using var service = new Service([.. TestTokens.Settings, ("Auth:Bare", "off")]);
        var client = await service.ReadyAsync();

        using var response = await client.FetchAsync("/metrics");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith("text/plain", response.Content.Headers.ContentType!.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("/metrics", (await client.GetJsonAsync("/docs/service.json"))["paths"]!.AsObject().Select(path => path.Key));
    }

    /// <summary>Accepts the given number of writes, then none.</summary>
    sealed class LosingLease(int taken) : IPredictionLease
    {
        int _left = taken;

        public CreatedPrediction Created { get; } =
            new() { Id = PredictionId.New(), Input = new JsonObject(), Origin = "http://localhost", CreatedAt = TimeProvider.System.GetUtcNow() };

        public int Attempt => 1;

        public CancellationToken Canceled => CancellationToken.None;

        public Task<bool> AppendAsync(IReadOnlyList<PredictionEvent> happened, CancellationToken cancellationToken) =>
            Task.FromResult(Interlocked.Decrement(ref _left) >= 0);

        public ValueTask DisposeAsync() => ValueTask.CompletedTask;
    }
}
