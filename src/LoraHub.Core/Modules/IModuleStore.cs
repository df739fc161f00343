namespace LoraHub.Core.Modules;

/// <summary>
/// The modules in <c>models/OWNER/NAME</c> of the data folder: the version that a name points to lies there, and the earlier ones beside it, each for ever as it
/// came. Equal weights are stored once, whatever they are called. Other processes may use the folder at the same time (the service, the command line).
/// </summary>
public interface IModuleStore
{
    /// <summary>A folder for a module's files to come into, on the same disk. Whoever disposes it removes what was not placed.</summary>
    ModuleArrival Begin();

    /// <summary>
    /// Makes the arrival, whose files are complete and checked, the version that the name points to: fsynced, and all at once or not at all. One with the digest of an
    /// earlier version replaces that one's record and card, not its bytes. Two at once take turns, and both versions stay.
    /// </summary>
    /// <param name="record">Written beside the files.</param>
    /// <exception cref="InvalidDataException">The files are not those of the record.</exception>
    Task<Placement> PlaceAsync(string id, ModuleArrival arrival, ModuleRecord record, CancellationToken cancellationToken);

    /// <summary>Changes why predictions refuse a version, or that they do (null). Of one without a record nothing changes.</summary>
    /// <returns>False when there is no such version here, or it has no record.</returns>
    Task<bool> QuarantineAsync(ModuleReference reference, string? reason, CancellationToken cancellationToken);

    /// <summary>Takes a name and all of its versions away, everywhere. Whoever reads the files reads on.</summary>
    /// <returns>False when the data folder has no such module: it ships with the program, lies in a folder of the settings, or is nowhere.</returns>
    Task<bool> RemoveAsync(string id, CancellationToken cancellationToken);
}

/// <summary>A module's files on their way in.</summary>
/// <param name="folder">Empty at first, and the holder's own.</param>
public sealed class ModuleArrival(string folder) : IDisposable
{
    public string Folder => folder;

    public void Dispose()
    {
        if (Directory.Exists(folder))
        {
            Directory.Delete(folder, recursive: true);
        }
    }
}

public enum Placement
{
    /// <summary>A version of a name that is new.</summary>
    New,

    /// <summary>Another version of a name that was there.</summary>
    NewVersion,

    /// <summary>The name has had these bytes before.</summary>
    Known,
}
