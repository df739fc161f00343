using System.Globalization;
using LoraHub.Api.Tests.Telemetry;
using LoraHub.Api.Tests.Webhooks;
using LoraHub.Storage.Tests.Distributed;
using Microsoft.Extensions.Configuration;

namespace LoraHub.Api.Tests.Faults;

/// <summary>
/// Runs clients against real processes that are killed (SIGKILL) and restarted at random. <c>LORAHUB_FAULT_SECONDS</c> (default 25) sets how long
/// the long runs last, <c>LORAHUB_FAULT_SEED</c> (default 1) the course of events. The history is printed when a test fails, and written to the file
/// <c>LORAHUB_FAULT_HISTORY</c>, if set, when it passes.
/// </summary>
[Collection(nameof(Alone))]
public sealed class FaultTests(NatsServer nats, PostgresServer postgres)
{
    const int Clients = 6, ShortSeconds = 5;

    static readonly TimeSpan SettleTimeout = TimeSpan.FromSeconds(90);

    static readonly (string Key, string Value)[] Common =
    [
        ("Queue:Lease", "00:00:02"), ("Queue:MaxAttempts", "1000"), ("Queue:BareCapacity", "1000"), ("Webhooks:RetryFor", "00:10:00"),
        ("Log:Format", "text"), Receiver.Allowed,
    ];

    static readonly IConfiguration Environment = new ConfigurationBuilder().AddEnvironmentVariables().Build();

    readonly History _history = new();

    static int Setting(string name, int fallback) =>
        Environment[name] is { } given ? int.Parse(given, CultureInfo.InvariantCulture) : fallback;

    static int LongSeconds => Setting("LORAHUB_FAULT_SECONDS", 25);

    [Fact]
    public Task A_killed_process_keeps_what_it_acknowledged() => RunOneProcessAsync(ShortSeconds);

    [Fact]
    [LongRunning]
    public Task A_process_killed_repeatedly_keeps_what_it_acknowledged() => RunOneProcessAsync(LongSeconds);

    [Fact]
    public Task Killed_nodes_workers_and_servers_keep_what_was_acknowledged() => RunManyProcessesAsync(ShortSeconds);

    [Fact]
    [LongRunning]
    public Task Nodes_workers_and_servers_killed_repeatedly_keep_what_was_acknowledged() => RunManyProcessesAsync(LongSeconds);

    async Task RunOneProcessAsync(int seconds)
    {
        await using var node = new Node("the process", NatsServer.FreePort(), [.. Common, ("Worker:Slots", "2")]);
        await RunAsync([node], [node], seconds);
    }

    async Task RunManyProcessesAsync(int seconds)
    {
        (string Key, string Value)[] shared = [.. Common, ("Distributed:Nats", nats.UrlOrSkip()),
            ("Distributed:Prefix", $"faults{seconds}-{System.Environment.ProcessId}")];
        (string Key, string Value)[] ofApi = [.. shared, ("Role", "api"), ("Distributed:Postgres", await postgres.NewDatabaseOrSkipAsync())];
        (string Key, string Value)[] ofWorker = [.. shared, ("Role", "worker"), ("Worker:Slots", "2")];
        await using var first = new Node("api 1", NatsServer.FreePort(), ofApi);
        await using var second = new Node("api 2", NatsServer.FreePort(), ofApi);
        await using var third = new Node("worker 1", NatsServer.FreePort(), ofWorker);
        await using var fourth = new Node("worker 2", NatsServer.FreePort(), ofWorker);
        await RunAsync(
            [first, second],
            [first, second, third, fourth, new Server("nats", nats.StartAsync, nats.KillAsync),
                new Server("postgres", postgres.StartAsync, postgres.KillAsync)],
            seconds);
    }

    async Task RunAsync(IReadOnlyList<Node> apis, IReadOnlyList<Victim> victims, int seconds)
    {
        var seed = Setting("LORAHUB_FAULT_SEED", 1);
        var nodes = victims.OfType<Node>().ToArray();
        try
        {
            await Task.WhenAll(nodes.Select(node => node.StartAsync()));
            await using var receiver = await Receiver.StartAsync();
            using var load = new Load([.. apis.Select(api => api.Address)], receiver.Url, _history);
            using var over = new CancellationTokenSource();
            var collecting = CollectWebhooksAsync(receiver, load, over.Token);
            using (var enough = new CancellationTokenSource())
            {
                var chaos = new Chaos(victims, _history);
                var clients = Enumerable.Range(1, Clients).Select(client => load.RunAsync((1000 * seed) + client, enough.Token));
                await Task.WhenAll([chaos.RunAsync(seed, enough.Token), EndAsync(enough, seconds, load, chaos), .. clients]);
            }

            await new Verdict(load, apis.Count, SettleTimeout, _history).PassAsync();
            await over.CancelAsync();
            await collecting;
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

    /// <summary>Ends the run after the given time, but not before at least one acknowledgement and one kill.</summary>
    static async Task EndAsync(CancellationTokenSource enough, int seconds, Load load, Chaos chaos)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(seconds) + SettleTimeout);
        await Task.Delay(TimeSpan.FromSeconds(seconds), limit.Token);
        while ((load.Promises.IsEmpty || chaos.Kills == 0) && !limit.IsCancellationRequested)
        {
            await Task.Delay(100, CancellationToken.None);
        }

        await enough.CancelAsync();
    }

    /// <summary>Groups webhooks by prediction, including predictions whose acknowledgement has not arrived yet.</summary>
    static async Task CollectWebhooksAsync(Receiver receiver, Load load, CancellationToken over)
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
            // Every webhook has arrived.
        }
    }
}
