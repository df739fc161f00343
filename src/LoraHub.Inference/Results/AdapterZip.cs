using System.IO.Compression;
using System.Text;

using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;

namespace LoraHub.Inference.Results;

/// <summary>Writes <c>adapter.zip</c>, a PEFT adapter with its card. Equal adapters give equal bytes.</summary>
static class AdapterZip
{
    // The earliest time that a zip can store.
    static readonly DateTimeOffset NoTime = new(1980, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public static string Path(string folder) => System.IO.Path.Combine(folder, "adapter.zip");

    /// <returns>The file's path.</returns>
    public static string Write(string folder, BaseModel model, PeftAdapter adapter, string card)
    {
        using var zip = ZipFile.Open(Path(folder), ZipArchiveMode.Create);
        Add(zip, "adapter_config.json", adapter.Config(model.Id, [.. model.Model.Tensors.Keys]));
        Add(zip, "adapter_model.safetensors", adapter.WriteWeights);
        Add(zip, "README.md", card);
        return Path(folder);
    }

    public static void Add(ZipArchive zip, string name, string text) => Add(zip, name, stream => stream.Write(Encoding.UTF8.GetBytes(text)));

    public static void Add(ZipArchive zip, string name, Action<Stream> write)
    {
        var entry = zip.CreateEntry(name, CompressionLevel.NoCompression); // weights do not compress
        entry.LastWriteTime = NoTime;
        using var stream = entry.Open();
        write(stream);
    }
}
