using LoraHub.Core.Modules;

namespace LoraHub.Api.Modules;

/// <summary>Takes uploads in one after the other: to look into one takes a core and the memory of its weights, and what is placed must be registered before the next.</summary>
sealed partial class ModuleTaking(
    ModuleIntake intake, ModuleIndexing indexing, IModuleRegistry registry, IModuleCatalog catalog, ILogger<ModuleTaking> logger) : IDisposable
{
    readonly SemaphoreSlim _turn = new(1, 1);

    /// <param name="by">The name of the token that it came with, or null.</param>
    /// <returns>The version as it is now; null when it was taken away at once.</returns>
    /// <exception cref="ModuleRefusedException">It cannot be a module; nothing has changed.</exception>
    public async Task<(Placement Placement, RegisteredModule? Module)> TakeAsync(string id, ModuleArrival arrival, string? by, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            var taken = await intake.TakeInAsync(id, arrival, new ModuleOrigin(By: by), cancellationToken);
            LogPublished(id, taken.Record.Digest);
            await indexing.RefreshAsync(id, CancellationToken.None); // it is there now, whether the client still listens or not
            return (taken.Placement, await FindAsync(new ModuleReference(id, taken.Record.Digest)));
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    /// <summary>Another process may have placed its version of the name in between; then this one lies among the earlier ones, and is registered some time.</summary>
    async Task<RegisteredModule?> FindAsync(ModuleReference reference) =>
        await registry.FindAsync(reference, CancellationToken.None)
        ?? (catalog.Find(reference) is { Record: { } record } info ? FolderReading.Recorded(info, record) : null);

    [LoggerMessage(LogLevel.Information, "Module {Module} was published: version {Digest}.")]
    partial void LogPublished(string module, string digest);
}
