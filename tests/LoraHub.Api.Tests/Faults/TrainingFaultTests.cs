using System.Globalization;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Api.Tests.Telemetry;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Tests.Distributed;

namespace LoraHub.Api.Tests.Faults;

/// <summary>Kills (SIGKILL) real processes while they train. The trainer is scripted; it goes on from its checkpoints as the engine does.</summary>
[Collection(nameof(Alone))]
public sealed class TrainingFaultTests(NatsServer nats, PostgresServer postgres) : IDisposable
{
    /// <summary>A kill comes after so many steps.</summary>
    const int StepsBetween = 4;

    const int Seed = 20;

    static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    readonly Hold _hold = new();

    /// <summary>The attempts are counted: a worker that only stands still for some seconds must keep its lease.</summary>
    (string Key, string Value)[] Common =>
        [("Queue:Lease", "00:00:10"), ("Queue:MaxAttempts", "1000"), ("Log:Format", "text"), _hold.Setting];

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public void Dispose() => _hold.Dispose();

    [Fact]
    public Task A_killed_process_goes_on_with_its_training_after_the_next_start() => RunOneProcessAsync(kills: 1);

    [Fact]
    [LongRunning]
    public Task A_training_survives_ten_kills_of_its_process() => RunOneProcessAsync(kills: 10);

    [Fact]
    public Task A_killed_worker_and_a_killed_node_lose_no_training() => RunManyProcessesAsync(kills: 1);

    [Fact]
    [LongRunning]
    public Task A_training_survives_ten_kills_of_its_worker_and_its_node() => RunManyProcessesAsync(kills: 5);

    async Task RunOneProcessAsync(int kills)
    {
        await using var node = new Node("the process", NatsServer.FreePort(), Common);
        await node.StartAsync();
        await RunAsync(node, [node], kills);
    }

    async Task RunManyProcessesAsync(int kills)
    {
        (string Key, string Value)[] shared =
            [.. Common, ("Distributed:Nats", nats.UrlOrSkip()), ("Distributed:Prefix", "train" + PredictionId.New()[..20])];
        await using var api = new Node(
            "api", NatsServer.FreePort(), [.. shared, ("Role", "api"), ("Distributed:Postgres", await postgres.NewDatabaseOrSkipAsync())]);
        await using var worker = new Node("worker", NatsServer.FreePort(), [.. shared, ("Role", "worker")]);
        await Task.WhenAll(api.StartAsync(), worker.StartAsync());
        await RunAsync(api, [worker, api], kills);
    }

    async Task RunAsync(Node api, IReadOnlyList<Node> victims, int kills)
    {
        using var client = new HttpClient { BaseAddress = api.Address, Timeout = Limit };
        var whole = await UntilAsync(client, await CreateAsync(client, "me/whole", steps: 1), IsEnded);
        var step = StepsBetween;
        _hold.At(step);
        var id = await CreateAsync(client, "me/killed", steps: StepsBetween * ((kills * victims.Count) + 2));

        for (var kill = 0; kill < kills; kill++)
        {
            foreach (var victim in victims)
            {
                await UntilAsync(client, id, training => StepsOf(training) == step);
                await victim.KillAsync();
                step += StepsBetween;
                _hold.At(step); // the worker goes on while the other node is away
                await victim.StartAsync();
            }
        }

        await UntilAsync(client, id, training => StepsOf(training) == step);
        _hold.Release();

        var ended = await UntilAsync(client, id, IsEnded);
        Assert.Equal(("succeeded", "succeeded"), (whole.Text("status"), ended.Text("status")));
        Assert.Equal(FilesOf(whole), FilesOf(ended)); // the same bytes as without a kill
        Assert.Equal(ended["output"]!.Text("version"), $"me/killed:{Assert.Single(await VersionsAsync(client, "me/killed"))}");
        Assert.Equal(kills, ended.Text("logs")!.Split('\n').Count(line => line.StartsWith("Attempt ", StringComparison.Ordinal)));
        Assert.True(FirstStep(ended.Text("logs")!.Split("Attempt 2:")[1]) > 1, "the second attempt began again");
    }

    static async Task<string> CreateAsync(HttpClient client, string destination, int steps)
    {
        using var created = await client.TrainAsync(destination, TrainingRequests.Tune(("seed", Seed), ("steps", steps)));
        return (await created.JsonAsync()).Text("id")!;
    }

    /// <summary>A node that has no worker fetches a new module at its next check.</summary>
    static async Task<string[]> VersionsAsync(HttpClient client, string model)
    {
        var start = TimeProvider.System.GetTimestamp();
        string[] versions;
        do
        {
            await Task.Delay(100, Cancellation);
            versions = await client.VersionsAsync(model);
        }
        while (versions.Length == 0 && TimeProvider.System.GetElapsedTime(start) < Limit);

        return versions;
    }

    static bool IsEnded(JsonObject training) => training["completed_at"] is not null;

    /// <summary>The digests of the version and of the adapter.</summary>
    static (string? Version, string? Adapter) FilesOf(JsonObject training) => (
        training["output"]!.Text("version")!.Split(':')[1], new Uri(training["output"]!.Text("weights")!).AbsolutePath);

    static int StepsOf(JsonObject training) => Steps(training.Text("logs")!).LastOrDefault();

    static int FirstStep(string logs) => Steps(logs).First();

    /// <summary>The steps done, as the progress lines say: <c> 50%|█████     | 10/20 […]</c>.</summary>
    static IEnumerable<int> Steps(string logs) => logs.Split('\n').Where(line => line.Contains("%|", StringComparison.Ordinal))
        .Select(line => int.Parse(line.Split('|')[2].Split('/')[0], CultureInfo.InvariantCulture));

    /// <summary>Asks until the training is so; a node may be away for a while.</summary>
    static async Task<JsonObject> UntilAsync(HttpClient client, string id, Func<JsonObject, bool> condition)
    {
        var start = TimeProvider.System.GetTimestamp();
        var seen = new JsonObject();
        while (TimeProvider.System.GetElapsedTime(start) < Limit)
        {
            try
            {
                seen = await client.GetJsonAsync($"/v1/trainings/{id}");
                if (condition(seen))
                {
                    return seen;
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or System.Text.Json.JsonException)
            {
                // It starts.
            }

            await Task.Delay(50, Cancellation);
        }

        throw new TimeoutException(seen.ToJsonString());
    }
}
