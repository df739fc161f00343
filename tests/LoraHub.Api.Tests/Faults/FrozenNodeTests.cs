using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Api.Tests.Telemetry;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Tests.Distributed;

namespace LoraHub.Api.Tests.Faults;

/// <summary>
/// Two API nodes and a worker. The node that records freezes (SIGSTOP) while its connections stay open; the other goes on without it.
/// </summary>
[Collection(nameof(Alone))]
public sealed class FrozenNodeTests(NatsServer nats, PostgresServer postgres)
{
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task Another_node_records_while_the_recording_one_is_frozen() => RunAsync(TimeSpan.Zero);

    [Fact]
    [LongRunning]
    public Task A_node_that_was_frozen_for_a_minute_has_lost_nothing_and_harms_nothing() => RunAsync(TimeSpan.FromMinutes(1));

    /// <param name="atLeast">The node stays frozen for this time, and until the other node has recorded everything.</param>
    async Task RunAsync(TimeSpan atLeast)
    {
        (string Key, string Value)[] shared = [("Distributed:Nats", nats.UrlOrSkip()), ("Distributed:Prefix", "frozen" + PredictionId.New()[..20])];
        (string Key, string Value)[] ofApi = [.. shared, ("Role", "api"), ("Distributed:Postgres", await postgres.NewDatabaseOrSkipAsync())];
        await using var recording = await TestHostProcess.StartAsync(ofApi);
        await using var worker = await TestHostProcess.StartAsync([.. shared, ("Role", "worker"), ("Worker:Slots", "2")]);
        var ids = new List<string> { await CreateAsync(recording.Client, seed: 7) };
        await EndAsync(recording.Client, ids[0], "succeeded"); // it records, as the only node
        var canceled = await CreateAsync(recording.Client, seed: 2);
        await EndAsync(recording.Client, canceled, "processing");
        await using var other = await TestHostProcess.StartAsync(ofApi);

        await recording.FreezeAsync();
        var frozen = TimeProvider.System.GetTimestamp();
        using (var cancel = await other.Client.PostAsync($"/v1/predictions/{canceled}/cancel", json: null))
        {
            Assert.Equal(HttpStatusCode.OK, cancel.StatusCode);
        }

        do
        {
            ids.Add(await CreateAsync(other.Client, seed: 7));
            await EndAsync(other.Client, ids[^1], "succeeded");
        }
        while (TimeProvider.System.GetElapsedTime(frozen) < atLeast);
        await EndAsync(other.Client, canceled, "canceled");

        await recording.ThawAsync();
        ids.Add(await CreateAsync(recording.Client, seed: 7));
        await EndAsync(recording.Client, ids[^1], "succeeded");
        Assert.False(recording.HasExited);
        foreach (var id in ids.Append(canceled))
        {
            var seen = await FindAsync(other.Client, id);
            Assert.Equal(Content(seen), Content(await FindAsync(recording.Client, id)));
            Assert.Equal(id == canceled ? "canceled" : "succeeded", seen.Text("status"));
        }
    }

    static async Task<string> CreateAsync(HttpClient node, int seed) => (await node.PostJsonAsync(
        "/v1/predictions", $$"""{"version": "lorahub/lorahub", "input": {"max_inference_step": 10, "seed": {{seed}} } }""")).Text("id")!;

    static Task<System.Text.Json.Nodes.JsonObject> FindAsync(HttpClient node, string id) => node.GetJsonAsync($"/v1/predictions/{id}");

    /// <summary>What does not depend on the node that answers.</summary>
    static (string?, string?, string?) Content(System.Text.Json.Nodes.JsonNode seen) =>
        (seen.Text("logs"), seen.Text("completed_at"), seen["metrics"]!.ToJsonString());

    static async Task EndAsync(HttpClient node, string id, string status)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Limit);
        while ((await FindAsync(node, id)).Text("status") != status)
        {
            await Task.Delay(100, limit.Token);
        }
    }
}
