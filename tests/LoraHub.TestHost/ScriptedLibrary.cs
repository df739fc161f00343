using System.Security.Cryptography;
using System.Text;
using LoraHub.Core;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.TestHost;

/// <summary>
/// Thirty modules of one shape, and one that is broken, none of which has files; and those of the data folder, but none that ships.
/// </summary>
public sealed class ScriptedLibrary(SearchPath path, BaseModels bases) : ModuleLibrary(path, bases)
{
    static readonly string[] Names = ["broken", "colors", "plurals", .. Enumerable.Range(1, 28).Select(i => $"task-{i:00}")];

    readonly ModuleVersion[] _scripted =
    [
        .. Names.Select(name => new ModuleVersion
        {
            Id = $"lorahub/{name}",
            Digest = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(name))),
            BaseModel = bases.DefaultId,
            Rank = 8,
            Layout = "r8 q v",
            Defect = name == "broken" ? "adapter_model.bin is truncated." : null,
        }),
    ];

    /// <summary>What looking into the folders ends in, or null when all is well.</summary>
    public Exception? Broken { get; set; }

    /// <summary>The scripted modules alone.</summary>
    public static ScriptedLibrary Create() => new(new SearchPath([]), new BaseModels(new SearchPath([]), new ModelsOptions().Base));

    public override IReadOnlyList<ModuleVersion> Known => Broken is not null ? throw Broken : base.Known;

    public override ModuleVersion? Find(ModuleReference reference) =>
        base.Find(reference) ?? Array.Find(_scripted, module => module.Id == reference.Id && reference.Matches(module.Digest!));

    public override IReadOnlyList<ModuleVersion> List() => Broken is not null ? throw Broken : [.. _scripted, .. base.List()];
}

public static class ScriptedServices
{
    /// <summary>Replaces the modules that ship with the program by scripted ones.</summary>
    public static IServiceCollection AddScriptedLibrary(this IServiceCollection services) => services
        .AddSingleton(
            provider => provider.GetRequiredService<IOptions<DataOptions>>().Value.Models is var models ? new SearchPath([models], models) : null!)
        .AddSingleton<BaseModels, ScriptedBaseModels>()
        .AddSingleton<ModuleLibrary, ScriptedLibrary>();

    /// <summary>A base model without files, with a digest that stays: a scripted predictor answers for it.</summary>
    sealed class ScriptedBaseModels(SearchPath path, IOptions<ModelsOptions> models) : BaseModels(path, models.Value.Base)
    {
        public override IReadOnlyList<string> Known => [DefaultId, .. base.Known];

        public override string DefaultDigest() => new('5', 64);

        public override bool IsInstalled(string id) => id == DefaultId || base.IsInstalled(id);

        public override string? DigestOf(string id) => id == DefaultId ? DefaultDigest() : base.DigestOf(id);
    }
}
