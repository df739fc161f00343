using System.Globalization;
using LoraHub.Api.Tests.Telemetry;
using LoraHub.Api.Tests.Webhooks;
using LoraHub.Storage.Tests.Distributed;
using Microsoft.Extensions.Configuration;

namespace LoraHub.Api.Tests.Faults;

/// <summary>
/// Real processes under clients while everything is killed (SIGKILL) and started again at random. <c>LORAHUB_FAULT_SECONDS</c> (default 25) and
/// <c>LORAHUB_FAULT_SEED</c> (default 1) set for how long and which course of events; the history is printed when a test fails, and written to the file
/// <c>LORAHUB_FAULT_HISTORY</c>, if it is set, when it passes.
/// </summary>
[Collection(nameof(Alone))]
public sealed class FaultTests(NatsServer nats, PostgresServer postgres)
{
    const int Clients = 6;

    static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    static readonly (string Key, string Value)[] Common =
    [
        ("Queue:Lease", "00:00:02"), ("Queue:MaxAttempts", "1000"), ("Queue:BareCapacity", "1000"), ("Webhooks:RetryFor", "00:10:00"), ("Log:Format", "text"),
    ];

    static readonly IConfiguration Environment = new ConfigurationBuilder().AddEnvironmentVariables().Build();

    readonly History _history = new();

    static int Setting(string name, int fallback) =>
        Environment[name] is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : fallback;

    [Fact]
    public async Task One_process_that_is_killed_again_and_again_keeps_its_promises()
    {
        await using var node = new Node("the process", NatsServer.FreePort(), [.. Common, ("Worker:Slots", "2")]);
        await RunAsync([node], [node]);
    }

    [Fact]
    public async Task Nodes_and_workers_and_their_servers_that_are_killed_keep_their_promises()
    {
        (string Key, string Value)[] shared = [.. Common, ("Distributed:Nats", nats.UrlOrSkip()), ("Distributed:Prefix", $"faults{System.Environment.ProcessId}")];
        (string Key, string Value)[] ofApi = [.. shared, ("Role", "api"), ("Distributed:Postgres", await postgres.NewDatabaseOrSkipAsync())];
        (string Key, string Value)[] ofWorker = [.. shared, ("Role", "worker"), ("Worker:Slots", "2")];
        await using var first = new Node("api 1", NatsServer.FreePort(), ofApi);
        await using var second = new Node("api 2", NatsServer.FreePort(), ofApi);
        await using var third = new Node("worker 1", NatsServer.FreePort(), ofWorker);
        await using var fourth = new Node("worker 2", NatsServer.FreePort(), ofWorker);
        await RunAsync(
            [first, second],
            [first, second, third, fourth, new Server("nats", nats.StartAsync, nats.KillAsync), new Server("postgres", postgres.StartAsync, postgres.KillAsync)]);
    }

    async Task RunAsync(IReadOnlyList<Node> apis, IReadOnlyList<Victim> victims)
    {
        var (seconds, seed) = (Setting("LORAHUB_FAULT_SECONDS", 25), Setting("LORAHUB_FAULT_SEED", 1));
        var nodes = victims.OfType<Node>().ToArray();
        try
        {
            await Task.WhenAll(nodes.Select(node => node.StartAsync()));
            await using var receiver = await Receiver.StartAsync();
            using var load = new Load([.. apis.Select(api => api.Address)], receiver.Url, _history);
            using var over = new CancellationTokenSource();
            var hearing = HearAsync(receiver, load, over.Token);
            using (var enough = new CancellationTokenSource(TimeSpan.FromSeconds(seconds)))
            {
                var clients = Enumerable.Range(1, Clients).Select(client => load.RunAsync((1000 * seed) + client, enough.Token));
                await Task.WhenAll([new Chaos(victims, _history).RunAsync(seed, enough.Token), .. clients]);
            }

            await new Verdict(load, apis.Count, Patience, _history).PassAsync();
            await over.CancelAsync();
            await hearing;
            if (Environment["LORAHUB_FAULT_HISTORY"] is { } file)
            {
                await File.WriteAllTextAsync(file, _history.ToString(), TestContext.Current.CancellationToken);
            }
        }
        catch (Exception exception)
        {
            foreach (var node in nodes)
            {
                await node.KillAsync();
                _history.Add($"--- {node.Name} ---\n{node.Log}");
            }

            throw new InvalidOperationException($"{exception.Message}\n\nSeed {seed}, {seconds} s:\n{_history}", exception);
        }
    }

    /// <summary>Sorts what is told by prediction; also of one whose acknowledgement is still on its way.</summary>
    static async Task HearAsync(Receiver receiver, Load load, CancellationToken over)
    {
        try
        {
            while (true)
            {
                var told = (await receiver.TakeNextAsync(over)).Json;
                load.Promises.GetOrAdd((string)told["id"]!, id => new Promise(id) { HasWebhook = true }).Told.Enqueue(told);
            }
        }
        catch (OperationCanceledException) when (over.IsCancellationRequested)
        {
            // All has been told.
        }
    }
}
