using System.Collections.Concurrent;
using LoraHub.Api.Tests.Support;
using LoraHub.Core;
using LoraHub.Modules.Folders;
using LoraHub.Modules.HuggingFace;
using LoraHub.Modules.Library;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;
using Microsoft.Extensions.Time.Testing;

namespace LoraHub.Api.Tests.HuggingFace;

/// <summary>
/// The download and upload services, with a data folder of their own and a test server. Their clock stands still, so that no time on a busy machine
/// ends a try; <see cref="TimeOutAsync"/> does.
/// </summary>
sealed class DownloadsUnderTest : IPullProgress, IPushProgress, IDisposable
{
    readonly DirectoryInfo _data = Directory.CreateTempSubdirectory("lorahub-");
    readonly ServiceProvider _services;
    readonly FakeTimeProvider _time = new(TimeProvider.System.GetUtcNow());

    /// <param name="endpoint">The test server's URL, or null for none.</param>
    public DownloadsUnderTest(string? endpoint, params (string Key, string Value)[] settings)
    {
        Dictionary<string, string?> all = new()
        {
            ["HF_ENDPOINT"] = endpoint,
            ["Hub:RetryDelay"] = "00:00:00",
            ["Data:Path"] = _data.FullName,
        };
        foreach (var (key, value) in settings)
        {
            all[key] = value;
        }

        var configuration = new ConfigurationBuilder().AddInMemoryCollection(all).Build();
        var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddSingleton<TimeProvider>(_time);
        services.AddOptions<DataOptions>().BindConfiguration(DataOptions.Section);
        services.AddModuleLibrary().AddSingleton(new SearchPath([Models], Models)).AddHub();
        _services = services.BuildServiceProvider();
    }

    public string Models => Path.Combine(_data.FullName, "models");

    /// <summary>What a push reported: the bytes to send, and those sent.</summary>
    public (long Announced, long Sent) Pushed { get; private set; }

    /// <summary>Lets the tries that wait for the server run out of time, once all that it has sent has arrived.</summary>
    public async Task TimeOutAsync(HuggingFaceServer hub)
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        while (Bytes.Values.Sum() != hub.Sent)
        {
            await Task.Delay(10, limit.Token);
        }

        _time.Advance(Options.TryTimeout);
    }

    public ModuleLibrary Library => _services.GetRequiredService<ModuleLibrary>();

    public ConcurrentDictionary<string, long> Bytes { get; } = new(StringComparer.Ordinal);

    public HubOptions Options => _services.GetRequiredService<IOptions<HubOptions>>().Value;

    public Task<IReadOnlyList<PullOutcome>> PullAsync(
        string name, string? revision = null, bool update = false, string? baseModel = null, CancellationToken? cancellationToken = null) =>
        _services.GetRequiredService<ModulePull>().RunAsync(
            [name], revision, update, baseModel, this, cancellationToken ?? TestContext.Current.CancellationToken);

    public Task<PullOutcome> PullModelAsync(string id, string? revision = null) =>
        _services.GetRequiredService<BaseModelPull>().RunAsync(id, revision, this, TestContext.Current.CancellationToken);

    public Task<PushOutcome> PushAsync(string folder, string id, bool isPrivate = false, CancellationToken? cancellationToken = null) =>
        _services.GetRequiredService<HubPush>().RunAsync(
            new PushRequest(id, folder, "google/flan-t5-small", isPrivate, "Upload"),
            this,
            cancellationToken ?? TestContext.Current.CancellationToken);

    /// <summary>Why the push of a module failed.</summary>
    public async Task<string> PushFailureAsync(string folder, string id, bool isPrivate = false) =>
        (await Assert.ThrowsAnyAsync<HubException>(() => PushAsync(folder, id, isPrivate))).Message;

    /// <summary>Writes the files to a folder.</summary>
    public string Write(string name, IEnumerable<(string Name, byte[] Content)> files)
    {
        var folder = Directory.CreateDirectory(Path.Combine(_data.FullName, name)).FullName;
        foreach (var (file, content) in files)
        {
            File.WriteAllBytes(Path.Combine(folder, file), content);
        }

        return folder;
    }

    /// <summary>Why the download of a module failed.</summary>
    public async Task<string> FailureAsync(string name) => Assert.IsType<PullOutcome.Failed>(Assert.Single(await PullAsync(name))).Reason;

    public byte[] Read(string id, string file) => File.ReadAllBytes(Path.Combine(Models, id, file));

    /// <summary>The names of the files that are not published yet.</summary>
    public IReadOnlyList<string> Incoming => Directory.Exists(Path.Combine(Models, ".incoming"))
        ? [.. Directory.EnumerateFiles(Path.Combine(Models, ".incoming"), "*", SearchOption.AllDirectories).Select(Path.GetFileName).OfType<string>()]
        : [];

    public void Dispose()
    {
        _services.Dispose();
        _data.Delete(recursive: true);
    }

    void IPushProgress.Started(long bytes) => Pushed = (bytes, 0);

    void IPushProgress.Sent(long bytes) => Pushed = (Pushed.Announced, Pushed.Sent + bytes);

    void IPullProgress.Found(int count)
    {
    }

    void IPullProgress.Started(string id, long bytes)
    {
    }

    void IPullProgress.Received(string id, long bytes) => Bytes.AddOrUpdate(id, bytes, (_, before) => before + bytes);

    void IPullProgress.Ended(PullOutcome outcome)
    {
    }
}
