using LoraHub.Core.Modules;

namespace LoraHub.TestHost;

/// <summary>Thirty modules of one shape, and one that is broken; none has files.</summary>
public sealed class ScriptedCatalog : IModuleCatalog
{
    static readonly string[] Names = ["broken", "colors", "plurals", .. Enumerable.Range(1, 28).Select(i => $"task-{i:00}")];

    public string DefaultBaseModel => "lorahub/t5-mini";

    public string DigestBaseModel() => new('5', 64);

    public ModuleInfo? Find(ModuleReference reference) => List().FirstOrDefault(module => module.Id == reference.Id && reference.Means(module.Digest ?? ""));

    /// <summary>What looking into the folders ends in, or null when all is well.</summary>
    public Exception? Broken { get; set; }

    /// <summary>None has a folder that could be looked into.</summary>
    public IReadOnlyDictionary<string, string> Stamps() => new Dictionary<string, string>();

    public IReadOnlyList<ModuleInfo> List() => Broken is not null ? throw Broken :
    [
        .. Names.Select(name => new ModuleInfo
        {
            Id = $"lorahub/{name}",
            Folder = "",
            BaseModel = DefaultBaseModel,
            Rank = 8,
            Layout = "r8 q v",
            Problem = name == "broken" ? "adapter_model.bin is truncated." : null,
        }),
    ];
}
