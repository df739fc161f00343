namespace LoraHub.Core.Modules;

/// <summary>A LoRA module that can be asked for: what its folder says, without its numbers.</summary>
public sealed record ModuleInfo
{
    /// <summary><c>owner/name</c>.</summary>
    public required string Id { get; init; }

    /// <summary>The PEFT folder: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c> or <c>.bin</c>.</summary>
    public required string Folder { get; init; }

    /// <summary>The digest that the version must have (<see cref="ModuleFiles.Digest"/>); null when nothing says so yet: it is known when it was read.</summary>
    public string? Digest { get; init; }

    /// <summary>Id of the model it was trained on (<c>base_model_name_or_path</c>); empty when the module is broken.</summary>
    public string BaseModel { get; init; } = "";

    /// <summary>r.</summary>
    public int Rank { get; init; }

    /// <summary>Equal for two modules exactly when they have the same keys and shapes, so that their factors can be summed.</summary>
    public string Layout { get; init; } = "";

    /// <summary>What its <c>README.md</c> says, with its tags, task and data sets, at most 64 KiB; empty when there is none that can be read.</summary>
    public string Card { get; init; } = "";

    /// <summary>What was found when it came in; null for a folder that someone made by hand.</summary>
    public ModuleRecord? Record { get; init; }

    /// <summary>Differs whenever a file of the folder was written, came or went.</summary>
    public string Stamp { get; init; } = "";

    /// <summary>Whether it lies in the data folder, which the hub owns; others ship with the program or lie in folders of the settings.</summary>
    public bool IsOwned { get; init; }

    /// <summary>Why the module cannot be used, or null when it can.</summary>
    public string? Problem { get; init; }
}

/// <summary>The modules at hand.</summary>
public interface IModuleCatalog
{
    /// <summary>Id of the base model whose modules are drawn at random.</summary>
    string DefaultBaseModel { get; }

    /// <summary>Reads the whole of that model (a second for each gigabyte or two) and tells it from any other: 64 hexadecimal digits, also when it is not there.</summary>
    string DigestBaseModel();

    /// <summary>All modules as the folders are now, ordered by id; broken ones too, with their <see cref="ModuleInfo.Problem"/>.</summary>
    IReadOnlyList<ModuleInfo> List();

    /// <summary>The stamp of each module's folder (<see cref="ModuleInfo.Stamp"/>), by its id: no file is opened, however many folders there are.</summary>
    IReadOnlyDictionary<string, string> Stamps() => List().ToDictionary(module => module.Id, module => module.Stamp, StringComparer.Ordinal);

    /// <summary>The earlier versions of a module that the hub keeps and that have a record, in no order.</summary>
    IReadOnlyList<ModuleInfo> EarlierVersions(string id) => [];

    /// <summary>The version that is asked for. A pinned one has its <see cref="ModuleInfo.Digest"/>; to find it, folders without a record are read.</summary>
    /// <returns>Null when there is none; when several versions have the digits of the pin, too.</returns>
    ModuleInfo? Find(ModuleReference reference);
}
