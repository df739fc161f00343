using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Library;

/// <summary>
/// The index of all modules in the database. It is built from the folders, which are the source of truth, so that one of ten thousand modules is
/// found without reading them. Ids may be any text. Its versions lack what only a folder has: <see cref="ModuleVersion.Folder"/>,
/// <see cref="ModuleVersion.Files"/> and <see cref="ModuleVersion.Layout"/>.
/// </summary>
public interface IModuleIndex
{
    /// <summary>The current versions that match the query.</summary>
    Task<IReadOnlyList<ModuleVersion>> ListAsync(ModuleQuery query, CancellationToken cancellationToken);

    /// <summary>The number of all current versions that match the query, whatever its page.</summary>
    Task<int> CountAsync(ModuleQuery query, CancellationToken cancellationToken);

    /// <summary>The current versions of the modules that exist, by id.</summary>
    Task<IReadOnlyDictionary<string, ModuleVersion>> FindAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken);

    /// <summary>The current version, or the pinned one; null if there is none.</summary>
    Task<ModuleVersion?> FindAsync(ModuleReference reference, CancellationToken cancellationToken);

    /// <summary>The modules that have a version with the full digest, ordered by id; versions under several ids have the same bytes.</summary>
    Task<IReadOnlyList<string>> IdsOfAsync(string digest, CancellationToken cancellationToken);

    /// <summary>
    /// The first module or model whose id differs from this one only in the case of ASCII letters; null if there is none, or there is one with
    /// exactly this id.
    /// </summary>
    Task<string?> OtherSpellingAsync(string id, CancellationToken cancellationToken);

    /// <summary>All versions of a module: the current one first, then from newest to oldest; empty if there is no such module.</summary>
    Task<IReadOnlyList<ModuleVersion>> VersionsAsync(string id, CancellationToken cancellationToken);

    /// <summary>When the first and the current version of each module were published, by id.</summary>
    Task<IReadOnlyDictionary<string, (DateTimeOffset First, DateTimeOffset Latest)>> TimesAsync(CancellationToken cancellationToken);

    /// <summary>The stamps that the modules' folders had when they were indexed, by id.</summary>
    Task<IReadOnlyDictionary<string, string>> StampsAsync(CancellationToken cancellationToken);

    /// <summary>Adds or updates a version and makes it the current one. Its counts of uses and downloads are kept.</summary>
    Task PutAsync(ModuleVersion version, CancellationToken cancellationToken);

    /// <summary>
    /// Like <see cref="PutAsync"/>, but first checks, in the same transaction, that the library may change the module and that only
    /// <see cref="ModuleVersion.PublishedBy"/> has published versions of it.
    /// </summary>
    /// <returns>False if the check failed; nothing has changed.</returns>
    Task<bool> TryPutOwnAsync(ModuleVersion version, CancellationToken cancellationToken);

    /// <summary>Adds to the download counts of versions, by their full digests. Versions that are not in the index have no count.</summary>
    Task CountDownloadsAsync(IReadOnlyDictionary<ModuleReference, long> downloads, CancellationToken cancellationToken);

    /// <summary>The updates of all current versions and of quarantined earlier ones, without broken ones.</summary>
    Task<IReadOnlyList<ModuleUpdate>> UpdatesAsync(CancellationToken cancellationToken);

    /// <summary>Removes a module with its versions.</summary>
    Task RemoveAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// Removes a module or one of its versions, unless queued or running predictions use the module. No prediction that uses what was removed is
    /// created afterwards (<see cref="Core.Predictions.Creation.ModuleDeleted"/>), until it is put again. If the current version was removed, the
    /// module has none until the next <see cref="PutAsync"/>.
    /// </summary>
    /// <param name="digest">The version's full digest; null for the module with all of its versions.</param>
    /// <returns>The ids of those predictions; if there are any, nothing has changed.</returns>
    Task<IReadOnlyList<string>> RemoveUnusedAsync(string id, string? digest, CancellationToken cancellationToken);

    /// <summary>
    /// The ids of queued or running predictions that compose the module or name it in their input; it must not be deleted while there are any.
    /// </summary>
    Task<IReadOnlyList<string>> HoldersAsync(string id, CancellationToken cancellationToken);

    /// <summary>
    /// The sketches, a few kilobytes each, of the current versions for a base model that match the query, without broken ones. The query's text, page
    /// and base model are ignored.
    /// </summary>
    Task<IReadOnlyList<ModuleSketch>> SketchesAsync(string baseModel, ModuleQuery query, CancellationToken cancellationToken);
}

/// <summary>The filters and the page of a list. A module must match all filters that are not null.</summary>
public sealed record ModuleQuery
{
    /// <summary>
    /// Words or word prefixes that the id or the card must all contain.
    /// </summary>
    public string? Text { get; init; }

    /// <summary>Whether one of the text's words is enough.</summary>
    public bool AnyWord { get; init; }

    public string? Owner { get; init; }

    public string? BaseModel { get; init; }

    public string? Task { get; init; }

    public string? Tag { get; init; }

    /// <summary>r.</summary>
    public int? Rank { get; init; }

    /// <summary>Whether broken and quarantined modules are excluded.</summary>
    public bool UsableOnly { get; init; }

    public ModuleOrder Order { get; init; }

    /// <summary>The number of modules before the page.</summary>
    public int Skip { get; init; }

    public int Limit { get; init; } = 20;
}

/// <summary>Modules that an order does not distinguish are ordered by id.</summary>
public enum ModuleOrder
{
    /// <summary>With a text, the best match first; otherwise by id.</summary>
    Relevance,

    Name,

    /// <summary>The most used first.</summary>
    Uses,

    /// <summary>The most downloaded first.</summary>
    Downloads,

    /// <summary>The last published first.</summary>
    Newest,
}

/// <param name="Sketch">See <see cref="ModuleReport.Sketch"/>.</param>
/// <param name="Norm">See <see cref="ModuleReport.Norm"/>.</param>
public sealed record ModuleSketch(string Id, double Norm, byte[] Sketch);

/// <summary>A module's update, to which newly published ones are compared.</summary>
/// <param name="Quarantine">Why it is quarantined, or null.</param>
/// <param name="Sketch">See <see cref="ModuleReport.Sketch"/>; null unless it is quarantined.</param>
public sealed record ModuleUpdate(string Id, string Digest, string BaseModel, double Norm, string? Quarantine, byte[]? Sketch);
