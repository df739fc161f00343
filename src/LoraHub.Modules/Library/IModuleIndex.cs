using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Library;

/// <summary>
/// What the database knows of all modules. It is made from the folders, which are the truth, so that one can be found among ten thousand without reading them. Any
/// text may be given as an id. Versions come without what only a folder has: <see cref="ModuleVersion.Folder"/>, <see cref="ModuleVersion.Files"/>, the layout.
/// </summary>
public interface IModuleIndex
{
    /// <summary>The version of each name that it points to, as <see cref="ModuleQuery"/> says.</summary>
    Task<IReadOnlyList<ModuleVersion>> ListAsync(ModuleQuery query, CancellationToken cancellationToken);

    /// <summary>The current versions of these names, by id; those that there are.</summary>
    Task<IReadOnlyDictionary<string, ModuleVersion>> FindAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    /// <summary>The version that the name points to, or the pinned one; null when there is none.</summary>
    Task<ModuleVersion?> FindAsync(ModuleReference reference, CancellationToken cancellationToken);

    /// <summary>All versions of a name: the one that it points to first, then the newest first. None when there is no such name.</summary>
    Task<IReadOnlyList<ModuleVersion>> VersionsAsync(string id, CancellationToken cancellationToken);

    /// <summary>The folder's stamp when each name's version was indexed.</summary>
    Task<IReadOnlyDictionary<string, string>> StampsAsync(CancellationToken cancellationToken);

    /// <summary>Adds a version, or what has changed of it, and points its name to it. Its use count stays.</summary>
    Task PutAsync(ModuleVersion version, CancellationToken cancellationToken);

    /// <summary>
    /// As <see cref="PutAsync"/>, in one transaction with the check that nobody else than <see cref="ModuleVersion.PublishedBy"/> has published a
    /// version of the name,
    /// and that the library may change it.
    /// </summary>
    /// <returns>False when it is another's: nothing has changed.</returns>
    Task<bool> TryPutOwnAsync(ModuleVersion version, CancellationToken cancellationToken);

    /// <summary>The updates of all current versions, and of earlier ones in quarantine; not those of broken ones.</summary>
    Task<IReadOnlyList<ModuleUpdate>> UpdatesAsync(CancellationToken cancellationToken);

    /// <summary>Forgets a name with its versions.</summary>
    Task RemoveAsync(string id, CancellationToken cancellationToken);

    /// <summary>Ids of predictions that wait or run, and compose the module or name it in their input: it must not be taken away from them.</summary>
    Task<IReadOnlyList<string>> HoldersAsync(string id, CancellationToken cancellationToken);

    /// <summary>The sketches of all names' versions for a base model that the query lists, its text, page and base model apart, without broken ones: some kilobytes each.</summary>
    Task<IReadOnlyList<ModuleSketch>> SketchesAsync(string baseModel, ModuleQuery query, CancellationToken cancellationToken);
}

/// <summary>What is listed. What is null is not asked for; all that is given must hold.</summary>
public sealed record ModuleQuery
{
    /// <summary>Words, each of which the id or the card must hold as a word or a word's beginning; then the best match comes first. Else ids are in order.</summary>
    public string? Text { get; init; }

    public string? Owner { get; init; }

    public string? BaseModel { get; init; }

    public string? Task { get; init; }

    public string? Tag { get; init; }

    /// <summary>r.</summary>
    public int? Rank { get; init; }

    /// <summary>Whether those that cannot be used are left out.</summary>
    public bool UsableOnly { get; init; }

    /// <summary>How many come before the page.</summary>
    public int Skip { get; init; }

    public int Limit { get; init; } = 20;
}

/// <param name="Sketch">See <see cref="ModuleReport.Sketch"/>.</param>
/// <param name="Norm">See <see cref="ModuleReport.Norm"/>.</param>
public sealed record ModuleSketch(string Id, double Norm, byte[] Sketch);

/// <summary>What a publication is compared with.</summary>
/// <param name="Quarantine">Why predictions refuse it, or null.</param>
/// <param name="Sketch">See <see cref="ModuleReport.Sketch"/>; null unless it is in quarantine.</param>
public sealed record ModuleUpdate(string Id, string Digest, string BaseModel, double Norm, string? Quarantine, byte[]? Sketch);
