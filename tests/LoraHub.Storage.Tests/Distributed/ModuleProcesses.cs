using System.Text;
using LoraHub.Core.Predictions;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Tests.Folders;
using LoraHub.Storage.Distributed;
using LoraHub.Storage.Distributed.Modules;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using NATS.Client.ObjectStore.Models;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>Tests with processes that exchange modules through one server, each with a folder of its own.</summary>
public abstract class ModuleProcesses(NatsServer nats) : IAsyncDisposable
{
    protected const string Id = "mine/french";

    readonly List<ModuleProcess> _processes = [];

    protected static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected NatsServer Nats => nats;

    protected string Prefix { get; } = "test-" + PredictionId.New()[..20];

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        foreach (var process in _processes)
        {
            await process.DisposeAsync();
        }
    }

    private protected ModuleProcess Start(bool publishes, NatsServer? on = null)
    {
        var process = new ModuleProcess((on ?? nats).UrlOrSkip(), Prefix, publishes);
        _processes.Add(process);
        return process;
    }
}

/// <summary>What of a process has to do with modules.</summary>
sealed class ModuleProcess : IAsyncDisposable
{
    readonly ServiceProvider _services;

    public ModuleProcess(string nats, string prefix, bool publishes)
    {
        var settings = new Dictionary<string, string?> { ["Data:Path"] = DataPath, ["Distributed:Nats"] = nats, ["Distributed:Prefix"] = prefix };
        _services = new ServiceCollection()
            .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection(settings).Build())
            .AddLogging(logging => logging.AddProvider(new Logs(Log)))
            .AddSingleton<TimeProvider>(Clock)
            .AddWorkerStorage()
            .BuildServiceProvider();
        Sync = ActivatorUtilities.CreateInstance<ModuleSync>(_services, publishes);
    }

    public string DataPath { get; } = Directory.CreateTempSubdirectory("lorahub-").FullName;

    public StringBuilder Log { get; } = new();

    public ModuleSync Sync { get; }

    public Clock Clock { get; } = new();

    public Broker Broker => _services.GetRequiredService<Broker>();

    public string Folder(string id) => Path.Combine(DataPath, "models", id);

    public void Give(string id, string numbers)
    {
        Directory.CreateDirectory(Folder(id));
        File.WriteAllText(Path.Combine(Folder(id), "adapter_config.json"), "{}");
        File.WriteAllText(Path.Combine(Folder(id), "adapter_model.safetensors"), numbers);
    }

    public VersionStore Store => _services.GetRequiredService<VersionStore>();

    public async Task PlaceAsync(string id, string numbers)
    {
        using var incoming = ModuleFolders.Arrive(Store, numbers);
        await Store.PlaceAsync(ModuleFolders.RecordOf(numbers) with { Id = id }, incoming, TestContext.Current.CancellationToken);
    }

    public IEnumerable<string?> EarlierVersions(string id) =>
        Directory.Exists(Folder($".versions/{id}")) ? Directory.GetDirectories(Folder($".versions/{id}")).Select(Path.GetFileName) : [];

    public string Numbers(string id) => File.ReadAllText(Path.Combine(Folder(id), "adapter_model.safetensors"));

    public LocalModules Local => _services.GetRequiredService<LocalModules>();

    public IReadOnlyList<string> Ids() => Local.List();

    /// <summary>The modules' files on the server.</summary>
    public async Task<IReadOnlyList<ObjectMetadata>> FilesAsync() =>
        await (await Broker.StreamsAsync(TestContext.Current.CancellationToken)).Modules.AllAsync(TestContext.Current.CancellationToken);

    public Task SyncAsync() => Sync.SyncAsync(publish: true, TestContext.Current.CancellationToken);

    public async ValueTask DisposeAsync()
    {
        Sync.Dispose();
        await _services.DisposeAsync();
        Directory.Delete(DataPath, recursive: true);
    }
}

sealed class Logs(StringBuilder lines) : ILoggerProvider, ILogger
{
    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

    public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
    {
        lock (lines)
        {
            lines.AppendLine(formatter(state, exception));
        }
    }

    public void Dispose()
    {
    }
}

/// <summary>The system's time, or later.</summary>
sealed class Clock : TimeProvider
{
    public TimeSpan Ahead { get; set; }

    public override DateTimeOffset GetUtcNow() => base.GetUtcNow() + Ahead;
}
