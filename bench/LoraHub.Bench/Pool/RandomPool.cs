using LoraHub.Formats.Adapters;
using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;
using LoraHub.Modules.Versions;

using static TorchSharp.torch;

namespace LoraHub.Bench.Pool;

/// <summary>The bundle's 28 modules of one layout, alone or with random modules of the same norms.</summary>
static class RandomPool
{
    public const string Owner = "random";

    /// <summary>The random modules of the pool of 196: six for each of the 28.</summary>
    public const int Count = 168;

    const string Card = "README.md";

    /// <summary>The folders of the 28, by name.</summary>
    public static string[] Real(string models) =>
    [
        .. Directory.EnumerateDirectories(Path.Combine(models, "lorahub"), "t5_mini-*")
            // The modules that the tables draw from.
            .Where(folder => AdapterConfig.Load(folder).Rank == 8 && Path.GetFileName(folder) != "t5_mini-parity_safetensors")
            .Order(StringComparer.Ordinal),
    ];

    /// <summary>Links the base model and the 28 under a root.</summary>
    public static string Link(string root, string models)
    {
        foreach (var folder in (string[])[Path.Combine(models, "lorahub", "t5-mini"), .. Real(models)])
        {
            Directory.CreateDirectory(Path.Combine(root, "lorahub"));
            Directory.CreateSymbolicLink(Path.Combine(root, "lorahub", Path.GetFileName(folder)), folder);
        }

        return root;
    }

    /// <summary>Writes <c>random/NAME-1</c>, <c>-2</c> … for each of the 28 under a root, 0.23 MB each.</summary>
    /// <param name="count">How many in all. The first 28 end in 1, the next in 2.</param>
    /// <param name="withCards">Copies the card of the module with the same norms, so that text cannot distinguish them.</param>
    public static string Write(string root, string models, int count, bool withCards)
    {
        var real = Real(models);
        var each = (count + real.Length - 1) / real.Length;
        using var noGrad = no_grad();
        using var model = T5Model.Load(Path.Combine(models, "lorahub", "t5-mini"), CPU, _ => ScalarType.Float32);
        foreach (var (folder, place) in real.Select((folder, place) => (folder, place)))
        {
            var config = AdapterConfig.Load(folder);
            using var module = LoraModule.Load(
                new ModuleVersion { Id = Path.GetFileName(folder), Folder = folder, BaseModel = config.BaseModel, Rank = config.Rank }, model);
            for (var k = 1; k <= each && ((k - 1) * real.Length) + place < count; k++)
            {
                using var random = module.WithRandomDirections((place * each) + k);
                Write(random, Path.Combine(root, Owner, $"{module.Info.Id}-{k}"), withCards);
            }
        }

        return root;
    }

    static void Write(LoraModule module, string folder, bool withCard)
    {
        Directory.CreateDirectory(folder);
        foreach (var file in withCard ? (string[])["adapter_config.json", Card] : ["adapter_config.json"])
        {
            File.Copy(Path.Combine(module.Info.Folder, file), Path.Combine(folder, file));
        }

        using var scope = NewDisposeScope();
        var factors = module.Layout.Slots
            .SelectMany(slot => new[] { (Key: slot.KeyOfA, Factor: slot.A(module.Numbers)), (Key: slot.KeyOfB, Factor: slot.B(module.Numbers)) })
            .ToDictionary(pair => pair.Key, pair => pair.Factor);
        TensorWriter.Write(Path.Combine(folder, "adapter_model.safetensors"), factors);
    }
}
