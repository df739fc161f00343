namespace LoraHub.Modules.Versions;

/// <summary>
/// A version of a LoRA module: what its folder, its record and the index say of it, without its numbers. A part that a source does not have is empty: the index has
/// no folders, and a folder has no use counts.
/// </summary>
public sealed record ModuleVersion
{
    readonly Lazy<ModuleCard> _card = new(() => new ModuleCard());

    /// <summary><c>owner/name</c>.</summary>
    public required string Id { get; init; }

    /// <summary>See <see cref="ModuleFiles.Digest"/>; null when the folder is broken, or has no record and has not been read yet.</summary>
    public string? Digest { get; init; }

    /// <summary>The PEFT folder on this machine: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c> or <c>.bin</c>.</summary>
    public string Folder { get; init; } = "";

    /// <summary>Differs whenever a file of the module was written, came or went.</summary>
    public string Stamp { get; init; } = "";

    /// <summary>Whether it lies in the data folder, which the library owns; others ship with the program or lie in folders of the settings.</summary>
    public bool IsOwned { get; init; }

    /// <summary>Size of the weights file, in bytes.</summary>
    public long Size { get; init; }

    /// <summary>The files that the record lists, ordered by name, without the card; none without a record.</summary>
    public IReadOnlyList<ModuleFile> Files { get; init; } = [];

    /// <summary>Whether the library took it in and wrote its record, <c>lorahub.json</c>; a folder that someone made by hand has none.</summary>
    public bool IsRecorded => Files.Count > 0;

    /// <summary>Id of the model it was trained on (<c>base_model_name_or_path</c>); empty when the module is broken.</summary>
    public string BaseModel { get; init; } = "";

    /// <summary>r.</summary>
    public int Rank { get; init; }

    /// <summary>Equal for two modules exactly when they have the same keys and shapes, so that their factors can be summed.</summary>
    public string Layout { get; init; } = "";

    /// <summary>What was measured; null when the folder is broken, or has no record.</summary>
    public ModuleReport? Report { get; init; }

    public ModuleCard Card { get => _card.Value; init => _card = new Lazy<ModuleCard>(value); }

    /// <summary>Reads <see cref="Card"/> at its first use: a prediction that names its modules, or draws them at random, needs no cards.</summary>
    internal Func<ModuleCard> ReadCard { init => _card = new Lazy<ModuleCard>(value); }

    /// <summary>Where it was downloaded, as <c>https://huggingface.co/owner/name</c>; null when it was uploaded or added from a folder.</summary>
    public string? Source { get; init; }

    /// <summary>The commit of the source.</summary>
    public string? Revision { get; init; }

    /// <summary>The name of the token that it was uploaded with, or null.</summary>
    public string? PublishedBy { get; init; }

    /// <summary>When it came in; for a folder that someone made by hand, when it was first seen.</summary>
    public DateTimeOffset PublishedAt { get; init; }

    /// <summary>Why predictions refuse it for now, or null.</summary>
    public string? Quarantine { get; init; }

    /// <summary>What is wrong with its files, or null.</summary>
    public string? Defect { get; init; }

    /// <summary>Why it cannot be used, or null when it can: its quarantine or its defect.</summary>
    public string? Problem => Quarantine is { } reason ? $"it is in quarantine: {reason}" : Defect;

    /// <summary>How many successful predictions composed this version.</summary>
    public long Uses { get; init; }

    /// <summary>When the last of them ended.</summary>
    public DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>Whether the name points to this version.</summary>
    public bool IsCurrent { get; init; }
}
