namespace LoraHub.Modules.Versions;

/// <summary>
/// A version of a LoRA module: the data from its folder, its record or the index, without its weights. Data that a source does not have is empty: the
/// index has no folders, and folders have no use counts.
/// </summary>
public sealed record ModuleVersion
{
    readonly Lazy<ModuleCard> _card = new(() => new ModuleCard());

    /// <summary><c>owner/name</c>.</summary>
    public required string Id { get; init; }

    /// <summary>See <see cref="ModuleFiles.Digest"/>; null if the folder is broken, or has no record and has not been read yet.</summary>
    public string? Digest { get; init; }

    /// <summary>The PEFT folder on this machine: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c> or <c>.bin</c>.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Changes whenever a file of the module is written, added or deleted.</summary>
    public string Stamp { get; init; } = "";

    /// <summary>Whether it is in the data folder, which the library manages; others ship with the program or are in configured folders.</summary>
    public bool IsOwned { get; init; }

    /// <summary>Size of the weights file, in bytes.</summary>
    public long Size { get; init; }

    /// <summary>The files in the record, ordered by name, without the card; empty without a record.</summary>
    public IReadOnlyList<ModuleFile> Files { get; init; } = [];

    /// <summary>
    /// Whether it has a record, <c>lorahub.json</c>, which the library writes when it publishes a module; folders created by hand have none.
    /// </summary>
    public bool IsRecorded => Files.Count > 0;

    /// <summary>The id of the model that it was trained on (<c>base_model_name_or_path</c>); empty if the module is broken.</summary>
    public string BaseModel { get; init; } = "";

    /// <summary>r.</summary>
    public int Rank { get; init; }

    /// <summary>Equal for two modules only if they have the same keys and shapes, so that their factors can be summed.</summary>
    public string Layout { get; init; } = "";

    /// <summary>The measurements; null if the folder is broken or has no record.</summary>
    public ModuleReport? Report { get; init; }

    public ModuleCard Card { get => _card.Value; init => _card = new Lazy<ModuleCard>(value); }

    /// <summary>Reads <see cref="Card"/> at its first use, because predictions with named or randomly drawn modules need no cards.</summary>
    internal Func<ModuleCard> ReadCard { init => _card = new Lazy<ModuleCard>(value); }

    /// <summary>
    /// The URL it was downloaded from, such as <c>https://huggingface.co/owner/name</c>; null if it was uploaded or added from a folder.
    /// </summary>
    public string? Source { get; init; }

    /// <summary>The commit at the source.</summary>
    public string? Revision { get; init; }

    /// <summary>The name of the token that it was uploaded with, or null.</summary>
    public string? PublishedBy { get; init; }

    /// <summary>When it was published; for a folder created by hand, when it was first indexed.</summary>
    public DateTimeOffset PublishedAt { get; init; }

    /// <summary>Why it is quarantined, or null.</summary>
    public string? Quarantine { get; init; }

    /// <summary>What is wrong with its files, or null.</summary>
    public string? Defect { get; init; }

    /// <summary>Why it cannot be used, or null: its quarantine or its defect.</summary>
    public string? Problem => Quarantine is { } reason ? $"it is in quarantine: {reason}" : Defect;

    /// <summary>The number of successful predictions that composed this version.</summary>
    public long Uses { get; init; }

    /// <summary>When the last of these predictions finished.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>The number of downloads of its weights, alone or in a zip.</summary>
    public long Downloads { get; init; }

    /// <summary>Whether this is the module's current version.</summary>
    public bool IsCurrent { get; init; }
}
