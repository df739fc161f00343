using System.Text.Json;

using LoraHub.Formats.Safetensors;
using LoraHub.Formats.Tensors;
using LoraHub.Inference.Checkpoints;

using static TorchSharp.torch;

namespace LoraHub.Bench.Large;

/// <summary>A tensor of independent, normally distributed numbers.</summary>
sealed record RandomTensor(TensorEntry Entry, double Mean, double Deviation);

/// <summary>Writes folders of random weights, each only once.</summary>
static class RandomFolder
{
    public static JsonSerializerOptions Indented { get; } = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>
    /// Writes the folder of an id under a root unless it exists. The folder is renamed into place last, so an existing one is complete.
    /// </summary>
    /// <param name="id"><c>owner/name</c>.</param>
    public static string Make(string root, string id, Action<string> write)
    {
        var folder = Path.Combine(root, id);
        if (Directory.Exists(folder))
        {
            return folder;
        }

        var unfinished = Path.Combine(root, ".unfinished"); // not at the depth of ids
        if (Directory.Exists(unfinished))
        {
            Directory.Delete(unfinished, recursive: true);
        }

        Directory.CreateDirectory(unfinished);
        write(unfinished);
        Directory.CreateDirectory(Path.GetDirectoryName(folder)!);
        Directory.Move(unfinished, folder);
        return folder;
    }

    /// <summary>Writes tensors as safetensors, one at a time, so that at most one is in memory.</summary>
    /// <param name="seed">The first tensor's seed; each later tensor uses the next one, so the numbers do not depend on the writing order.</param>
    public static void Write(string file, IEnumerable<RandomTensor> tensors, int seed)
    {
        var all = tensors.Select((tensor, i) => (Tensor: tensor, Seed: (ulong)(seed + i))).ToDictionary(pair => pair.Tensor.Entry.Name);
        using var stream = File.Create(file);
        SafetensorsWriter.Write(stream, all.Values.Select(pair => pair.Tensor.Entry), TensorWriter.Data(name =>
        {
            var ((entry, mean, deviation), own) = all[name];
            using var generator = new Generator(own);
            return randn([.. entry.Shape], entry.DType.ToScalarType(), generator: generator).mul_(deviation).add_(mean);
        }));
    }
}
