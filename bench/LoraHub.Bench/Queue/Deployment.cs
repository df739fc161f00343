using LoraHub.Bench.Wire;
using LoraHub.Servers;

namespace LoraHub.Bench.Queue;

/// <summary>The real program with a scripted model on one of the two engines, all on this machine.</summary>
sealed class Deployment : IAsyncDisposable
{
    static readonly string[] Common = ["--Queue:Capacity", "1000000"];

    readonly List<ServedProgram> _programs = [];

    Deployment(string name) => Name = name;

    public string Name { get; }

    public Uri Address => _programs[0].Address;

    /// <summary>One process with SQLite.</summary>
    public static async Task<Deployment> EmbeddedAsync(int slots = 1)
    {
        var deployment = new Deployment("one process, SQLite");
        deployment._programs.Add(await ServedProgram.StartAsync([.. Common, "--Worker:Slots", $"{slots}"]));
        return deployment;
    }

    /// <summary>An API node and workers with NATS and PostgreSQL, with a separate database and prefix.</summary>
    public static async Task<Deployment> DistributedAsync(NatsProcess nats, PostgresProcess postgres, int workers)
    {
        var deployment = new Deployment($"1 API node, {workers} worker{(workers == 1 ? "" : "s")}, NATS, PostgreSQL");
        string[] shared = [.. Common, "--Distributed:Nats", nats.Url, "--Distributed:Prefix", $"bench-{Guid.NewGuid():N}"[..20]];
        deployment._programs.Add(
            await ServedProgram.StartAsync([.. shared, "--Role", "api", "--Distributed:Postgres", await postgres.NewDatabaseAsync()]));
        for (var worker = 0; worker < workers; worker++)
        {
            deployment._programs.Add(await ServedProgram.StartAsync([.. shared, "--Role", "worker"]));
        }

        return deployment;
    }

    /// <summary>Waits until every process is ready.</summary>
    public async Task ReadyAsync()
    {
        using var client = new HttpClient();
        foreach (var program in _programs)
        {
            while (!(await client.GetAsync(new Uri(program.Address, "/health/ready"))).IsSuccessStatusCode)
            {
                await Task.Delay(50);
            }
        }
    }

    public async ValueTask DisposeAsync()
    {
        foreach (var program in _programs)
        {
            await program.DisposeAsync();
        }
    }
}
