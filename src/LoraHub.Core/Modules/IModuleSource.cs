namespace LoraHub.Core.Modules;

/// <summary>The modules that other processes of the deployment were given. A process that is alone has no such source.</summary>
public interface IModuleSource
{
    /// <summary>Returns when what the others have published by now lies in the data folder, but for what is broken. While the server is away it waits for it.</summary>
    Task FetchAsync(CancellationToken cancellationToken);

    /// <summary>Returns when the others can fetch what this process was given by now, or when that takes too long: then it is made up for later.</summary>
    Task ShareAsync(CancellationToken cancellationToken);

    /// <summary>Whether the deployment still has a module whose folder is not in this process's data folder: it is to come yet, or another process has it.</summary>
    bool Has(string id) => true;
}
