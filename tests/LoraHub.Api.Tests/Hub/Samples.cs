using System.Buffers.Binary;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Hub;

/// <summary>Modules that a hub may hold.</summary>
static class Samples
{
    static readonly string Shipped = Path.Combine(Repository.Root, "models", "lorahub", "t5_mini-parity_safetensors");

    /// <summary>A module that ships, with another last number: each its own bytes.</summary>
    public static (string Name, byte[] Content)[] Module(int number)
    {
        var weights = File.ReadAllBytes(Path.Combine(Shipped, "adapter_model.safetensors"));
        BinaryPrimitives.WriteSingleLittleEndian(weights.AsSpan(weights.Length - sizeof(float)), number / 1000f);
        return
        [
            (".gitattributes", "*.safetensors filter=lfs"u8.ToArray()),
            ("README.md", System.Text.Encoding.UTF8.GetBytes($"# Module {number}\n")),
            ("adapter_config.json", File.ReadAllBytes(Path.Combine(Shipped, "adapter_config.json"))),
            ("adapter_model.safetensors", weights),
            ("training_args.bin", [1, 2, 3]),
        ];
    }

    /// <summary>The base model that ships, in one file.</summary>
    public static (string Name, byte[] Content)[] Model(params string[] without) =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "models", "lorahub", "t5-mini"))
            .Where(file => !without.Contains(Path.GetFileName(file)))
            .Select(file => (Path.GetFileName(file), File.ReadAllBytes(file))),
    ];
}
