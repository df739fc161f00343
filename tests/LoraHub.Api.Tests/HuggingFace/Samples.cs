using System.Buffers.Binary;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.HuggingFace;

/// <summary>Modules and models for the test server.</summary>
static class Samples
{
    static readonly string Shipped = Path.Combine(Repository.Root, "models", "lorahub", "t5_mini-parity_safetensors");

    /// <summary>The layer that contains the number which <see cref="Module"/> changes.</summary>
    public const string LastLayer = "encoder.block.2.layer.0.SelfAttention.v";

    /// <summary>A shipped module with its last number replaced, so that each module has different bytes.</summary>
    public static (string Name, byte[] Content)[] Module(float number)
    {
        var weights = File.ReadAllBytes(Path.Combine(Shipped, "adapter_model.safetensors"));
        BinaryPrimitives.WriteSingleLittleEndian(weights.AsSpan(weights.Length - sizeof(float)), number / 1000);
        return
        [
            (".gitattributes", "*.safetensors filter=lfs"u8.ToArray()),
            ("README.md", System.Text.Encoding.UTF8.GetBytes($"# Module {number}\n")),
            ("adapter_config.json", File.ReadAllBytes(Path.Combine(Shipped, "adapter_config.json"))),
            ("adapter_model.safetensors", weights),
            ("training_args.bin", [1, 2, 3]),
        ];
    }

    /// <summary>The files of the shipped base model.</summary>
    public static (string Name, byte[] Content)[] Model(params string[] without) =>
    [
        .. Directory.EnumerateFiles(Path.Combine(Repository.Root, "models", "lorahub", "t5-mini"))
            .Where(file => !without.Contains(Path.GetFileName(file)))
            .Select(file => (Path.GetFileName(file), File.ReadAllBytes(file))),
    ];
}
