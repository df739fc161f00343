using System.Text.Json;

using LoraHub.Inference.Checkpoints;

using static TorchSharp.torch;

namespace LoraHub.Bench.Large;

/// <summary>A tensor of independent normal numbers.</summary>
sealed record RandomTensor(TensorEntry Entry, double Mean, double Deviation);

/// <summary>Folders of random weights, each made once.</summary>
static class RandomFolder
{
    public static JsonSerializerOptions Indented { get; } = new() { WriteIndented = true, NewLine = "\n" };

    /// <summary>Makes the folder of an id below a root unless it is there. It gets its name last, so that one that is there is complete.</summary>
    /// <param name="id"><c>owner/name</c>.</param>
    public static string Make(string root, string id, Action<string> write)
    {
        var folder = Path.Combine(root, id);
        if (Directory.Exists(folder))
        {
            return folder;
        }

        var unfinished = Path.Combine(root, ".unfinished"); // not at a depth where ids are
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

    /// <summary>Writes tensors as safetensors, one after the other: never more than one is in memory.</summary>
    /// <param name="seed">Of the first tensor; the others' follow on it, so that numbers do not depend on the order of writing.</param>
    public static void Write(string file, IEnumerable<RandomTensor> tensors, int seed)
    {
        var all = tensors.Select((tensor, i) => (Tensor: tensor, Seed: (ulong)(seed + i))).ToDictionary(pair => pair.Tensor.Entry.Name);
        using var stream = File.Create(file);
        SafetensorsWriter.Write(stream, all.Values.Select(pair => pair.Tensor.Entry), name =>
        {
            var ((entry, mean, deviation), own) = all[name];
            using var generator = new Generator(own);
            return randn([.. entry.Shape], entry.DType, generator: generator).mul_(deviation).add_(mean);
        });
    }
}
