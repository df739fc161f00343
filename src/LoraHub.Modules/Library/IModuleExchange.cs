namespace LoraHub.Modules.Library;

/// <summary>Exchanges modules with the other processes of the deployment.</summary>
public interface IModuleExchange
{
    /// <summary>Returns when what the others have published by now lies in the data folder, but for what is broken. While the server is away it waits for it.</summary>
    Task FetchAsync(CancellationToken cancellationToken);

    /// <summary>Returns when the others can fetch what this process was given by now, or when that takes too long: then it is made up for later.</summary>
    Task ShareAsync(CancellationToken cancellationToken);

    /// <summary>
    /// Whether the others have been given it, as of the last look: then it comes into the data folder, if it is not there. One that was removed is not. While nothing is
    /// known yet every module may be.
    /// </summary>
    bool IsPublished(string id);
}

/// <summary>A process that shares its modules with no other.</summary>
public sealed class SingleMachine : IModuleExchange
{
    public Task FetchAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task ShareAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public bool IsPublished(string id) => false;
}
