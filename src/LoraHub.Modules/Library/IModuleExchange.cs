namespace LoraHub.Modules.Library;

/// <summary>Exchanges modules with the other processes of the deployment.</summary>
public interface IModuleExchange
{
    /// <summary>
    /// Returns once the data folder has all modules that the others have published by now, except broken ones. Waits while the server is unavailable.
    /// </summary>
    Task FetchAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Fetches what the others have published since the last check, for a caller that was asked for a module that is not here. Callers share
    /// checks, of which there are a few in a second. Returns without, if the server does not answer in time.
    /// </summary>
    Task FetchNewAsync(CancellationToken cancellationToken);

    /// <summary>Returns once the others can fetch all modules that this process has now, or after a timeout; then sharing continues later.</summary>
    Task ShareAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Returns once the others can fetch the module, or have learned that it was removed. Every process can share a module that it has made. Waits
    /// while the server is unavailable.
    /// </summary>
    Task ShareAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// Whether the module was shared, as of the last check; if it is not in the data folder, it will be fetched. False for a module that was removed;
    /// true for every module before the first check.
    /// </summary>
    bool IsPublished(string id);
}

/// <summary>The exchange of a deployment with a single machine: nothing is shared.</summary>
public sealed class SingleMachine : IModuleExchange
{
    public Task FetchAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task FetchNewAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task ShareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task ShareAsync(string id, CancellationToken cancellationToken) => Task.CompletedTask;

    public bool IsPublished(string id) => false;
}
