using System.Diagnostics;
using System.Globalization;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using LoraHub.Servers;
using LoraHub.Storage;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LoraHub.Bench.Modules;

/// <summary>Times listing and searching many registered modules, and the checks of a start without changes.</summary>
static class ModuleRegistryLoad
{
    const int Count = 10_000, Times = 50;

    static readonly (string What, ModuleQuery Query)[] Queries =
    [
        ("the first 20", new ModuleQuery()),
        ("20 starting at the 9,000th", new ModuleQuery { Skip = 9000 }),
        ("by base model and rank", new ModuleQuery { BaseModel = "google/flan-t5-large", Rank = 4 }),
        ("by a tag of one module in 500, usable only", new ModuleQuery { Tag = "topic-7", UsableOnly = true }),
        ("by owner, task, tag and rank, no match", new ModuleQuery { Owner = "owner-1", Task = "task-3", Tag = "topic-7", Rank = 5 }),
        ("search: a word of one module", new ModuleQuery { Text = "name-4711" }),
        ("search: two word prefixes", new ModuleQuery { Text = "quest answ" }),
        ("search: a word of every module", new ModuleQuery { Text = "module" }),
        ("search: one letter, with a filter", new ModuleQuery { Text = "t", Rank = 16 }),
        ("search: no match", new ModuleQuery { Text = "zebra question" }),
    ];

    public static async Task PrintAsync()
    {
        var sqlite = await MeasureAsync([]);
        var postgres = await PostgresAsync();
        Console.WriteLine(
            string.Create(CultureInfo.InvariantCulture, $"| {Count:N0} modules, median of {Times}, ms | SQLite | PostgreSQL |\n|---|---|---|"));
        for (var i = 0; i < sqlite.Count; i++)
        {
            Console.WriteLine($"| {sqlite[i].What} | {sqlite[i].Value} | {(postgres.Count > i ? postgres[i].Value : "–")} |");
        }
    }

    static async Task<IReadOnlyList<(string What, string Value)>> PostgresAsync()
    {
        if (!PostgresProcess.IsInstalled || !NatsProcess.IsInstalled)
        {
            return [];
        }

        await using var nats = new NatsProcess();
        await nats.StartAsync();
        await using var postgres = new PostgresProcess();
        await postgres.InitializeFolderAsync();
        await postgres.StartAsync();
        return await MeasureAsync([new("Distributed:Nats", nats.Url), new("Distributed:Postgres", await postgres.NewDatabaseAsync())]);
    }

    static async Task<IReadOnlyList<(string What, string Value)>> MeasureAsync(KeyValuePair<string, string?>[] settings)
    {
        var data = Directory.CreateTempSubdirectory("lorahub-bench-").FullName;
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([new("Data:Path", data), .. settings]).Build();
        await using var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration).AddLogging().AddStorage(configuration).BuildServiceProvider();
        await OpenAsync(services);
        var models = Path.Combine(data, "models");
        FillFolders(models);
        var catalog = new ModuleLibrary(new SearchPath([models], models), new BaseModels(new SearchPath([models], models), "google/flan-t5-large"));
        var registry = services.GetRequiredService<IModuleIndex>();
        var rows = new List<(string, string)> { ("registering all, in seconds", Text(await FillAsync(registry, catalog.Stamps()) / 1000)) };
        foreach (var (what, query) in Queries)
        {
            rows.Add((what, Text(await MedianAsync(() => registry.ListAsync(query, CancellationToken.None)))));
        }

        rows.Add(("start: folder stamps, no file opened", Text(await MedianAsync(() => Task.FromResult(catalog.Stamps())))));
        rows.Add(("start: stamps in the database", Text(await MedianAsync(() => registry.StampsAsync(CancellationToken.None)))));
        Directory.Delete(data, recursive: true);
        return rows;
    }

    static async Task OpenAsync(IServiceProvider services)
    {
        if (services.GetServices<IHostedService>().OfType<IHostedLifecycleService>().SingleOrDefault() is { } file)
        {
            await file.StartingAsync(CancellationToken.None);
            return;
        }

        var tables = services.GetServices<IHostedService>().OfType<BackgroundService>().Single(service => service.GetType().Name == "Postgres");
        await tables.StartAsync(CancellationToken.None);
        await tables.ExecuteTask!;
    }

    static void FillFolders(string models)
    {
        for (var i = 0; i < Count; i++)
        {
            var folder = Directory.CreateDirectory(Path.Combine(models, Id(i))).FullName;
            foreach (var name in new[] { ModuleFiles.Config, ModuleFiles.Weights, ModuleFiles.Card, RecordFile.Name })
            {
                File.WriteAllText(Path.Combine(folder, name), "{}");
            }
        }
    }

    /// <returns>Milliseconds.</returns>
    static async Task<double> FillAsync(IModuleIndex registry, IReadOnlyDictionary<string, string> stamps)
    {
        var clock = Stopwatch.StartNew();
        for (var i = 0; i < Count; i++)
        {
            await registry.PutAsync(Module(i, stamps[Id(i)]), CancellationToken.None);
        }

        return clock.Elapsed.TotalMilliseconds;
    }

    static string Id(int i) => $"owner-{i % 10}/flan_t5_large-task_{i % 196}-name-{i}";

    /// <summary>A module whose report and card are as long as those of flan-t5-large's modules.</summary>
    static ModuleVersion Module(int i, string stamp) => new()
    {
        Id = Id(i),
        Digest = i.ToString("x64", CultureInfo.InvariantCulture),
        Size = 19_000_000,
        Stamp = stamp,
        IsOwned = true,
        PublishedAt = DateTimeOffset.UnixEpoch.AddMinutes(i),
        Report = new ModuleReport
        {
            BaseModel = i % 5 == 0 ? "lorahub/t5-mini" : "google/flan-t5-large",
            Rank = 4 << (i % 3),
            Alpha = 32,
            Targets = ["q", "v"],
            DType = "F32",
            Parameters = 4_718_592,
            Norm = 1 + (i % 100),
            Layers =
            [
                .. Enumerable.Range(0, 144).Select(layer => new LayerReport(
                    $"decoder.block.{layer}.layer.0.SelfAttention.q", 0.123456789, 0.0069444, [0.1, 0.05, 0.025, 0.0125], 7.5)),
            ],
            Sketch = new byte[4096],
        },
        Card = new ModuleCard
        {
            Text = $"# {Id(i)}\n\nLoRA module for question answering, number {i}. "
                + string.Join(' ', Enumerable.Range(0, 150).Select(word => $"word{(i * 31 + word * word) % 5000}")),
            Task = $"task-{i % 7}",
            Tags = ["lora", "lorahub", $"topic-{i % 500}"],
        },
    };

    static async Task<double> MedianAsync<T>(Func<Task<T>> work)
    {
        var times = new List<double>();
        for (var i = 0; i < Times; i++)
        {
            var start = Stopwatch.GetTimestamp();
            await work();
            times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }

        return Timed.Median(times);
    }

    static string Text(double value) => value.ToString("0.0", CultureInfo.InvariantCulture);
}
