namespace LoraHub.Core.Modules;

/// <summary>
/// What is known of all modules, in the records: made from the folders, which are the truth, so that one can be found among ten thousand without reading them. Any
/// text may be asked for as an id.
/// </summary>
public interface IModuleRegistry
{
    /// <summary>The version of each name that it points to, as <see cref="ModuleQuery"/> says.</summary>
    Task<IReadOnlyList<RegisteredModule>> ListAsync(ModuleQuery query, CancellationToken cancellationToken);

    /// <summary>How many names there are.</summary>
    Task<int> CountAsync(CancellationToken cancellationToken);

    /// <summary>The version that the name points to, or the pinned one; null when there is none.</summary>
    Task<RegisteredModule?> FindAsync(ModuleReference reference, CancellationToken cancellationToken);

    /// <summary>All versions of a name: the one that it points to first, then the newest first. None when there is no such name.</summary>
    Task<IReadOnlyList<RegisteredModule>> VersionsAsync(string id, CancellationToken cancellationToken);

    /// <summary>The folder's stamp when each name's version was registered.</summary>
    Task<IReadOnlyDictionary<string, string>> StampsAsync(CancellationToken cancellationToken);

    /// <summary>Registers a version, or what has changed of it, and points its name to it. Its use count stays.</summary>
    Task PutAsync(RegisteredModule registered, CancellationToken cancellationToken);

    /// <summary>Forgets a name with its versions.</summary>
    Task RemoveAsync(string id, CancellationToken cancellationToken);

    /// <summary>Ids of predictions that wait or run, and compose the module or name it in their input: it must not be taken away from them.</summary>
    Task<IReadOnlyList<string>> HoldersAsync(string id, CancellationToken cancellationToken);

    /// <summary>The sketches of all names' versions for a base model, without broken ones: some kilobytes each.</summary>
    Task<IReadOnlyList<ModuleSketch>> SketchesAsync(string baseModel, CancellationToken cancellationToken);
}

/// <summary>A version of a module in the registry.</summary>
public sealed record RegisteredModule
{
    /// <summary><c>owner/name</c>.</summary>
    public required string Id { get; init; }

    /// <summary>See <see cref="ModuleFiles.Digest"/>; empty when the folder is broken.</summary>
    public required string Digest { get; init; }

    /// <summary>Of the weights' file, in bytes.</summary>
    public required long Size { get; init; }

    /// <summary>See <see cref="ModuleInfo.Stamp"/>.</summary>
    public required string Stamp { get; init; }

    /// <summary>See <see cref="ModuleInfo.IsOwned"/>.</summary>
    public required bool IsOwned { get; init; }

    /// <summary>Null when the folder is broken.</summary>
    public required ModuleReport? Report { get; init; }

    public string? Source { get; init; }

    public string? Revision { get; init; }

    public string? PublishedBy { get; init; }

    /// <summary>When it came in; of a folder that someone made by hand, when it was first seen.</summary>
    public required DateTimeOffset PublishedAt { get; init; }

    /// <summary>Why predictions refuse it for now, or null.</summary>
    public string? Quarantine { get; init; }

    /// <summary>Why it cannot be used at all, or null.</summary>
    public string? Problem { get; init; }

    public required ModuleCard Card { get; init; }

    /// <summary>How many predictions that succeeded have composed this version. Only read.</summary>
    public long Uses { get; init; }

    /// <summary>When the last of them ended. Only read.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>Whether the name points to this version. Only read.</summary>
    public bool IsCurrent { get; init; }
}

/// <summary>What a module's <c>README.md</c> says.</summary>
public sealed record ModuleCard
{
    /// <summary>Markdown as it came, at most 64 KiB; never trusted, never rendered.</summary>
    public string Text { get; init; } = "";

    /// <summary>What it was trained to do (<c>pipeline_tag</c>, <c>task_categories</c> or the first <c>task:…</c> tag).</summary>
    public string? Task { get; init; }

    public IReadOnlyList<string> Tags { get; init; } = [];

    public string? Licence { get; init; }

    /// <summary>Training data (<c>datasets</c>).</summary>
    public IReadOnlyList<string> Datasets { get; init; } = [];

    /// <summary>How an input of the training data was made (<c>prompt_template</c>, or the first code block under a heading that says so).</summary>
    public string? PromptTemplate { get; init; }
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
