using System.IO.Compression;

using LoraHub.Formats.Adapters;
using LoraHub.Modules.Versions;

namespace LoraHub.Inference.Results;

/// <summary>An earlier result that a prediction reuses instead of composing.</summary>
static class ReusedAdapter
{
    const string Card = "README.md";

    /// <summary>The files of a result's <c>adapter.zip</c>.</summary>
    static readonly string[] Names = ["adapter_config.json", "adapter_model.safetensors", Card];

    /// <summary>Extracts <c>adapter.zip</c> to a folder of its own beside it.</summary>
    /// <param name="digest">The digest of the zip.</param>
    /// <exception cref="AdapterException">It is another file, or lacks one.</exception>
    public static ModuleVersion Extract(string folder, string digest) =>
        Extract(AdapterZip.Path(folder), Folder(folder), $"results/{digest[..12]}");

    /// <summary>Extracts the zip of a result to a folder.</summary>
    /// <param name="id">Of the version that it becomes.</param>
    /// <exception cref="AdapterException">It is another file, or lacks one.</exception>
    public static ModuleVersion Extract(string zip, string folder, string id)
    {
        var own = Directory.CreateDirectory(folder).FullName;
        try
        {
            ExtractFiles(zip, own);
        }
        catch (InvalidDataException exception)
        {
            // A URL may name the digest of another file of a result, such as a trace.
            throw new AdapterException($"{id} is not an adapter.zip.", exception);
        }

        return new ModuleVersion { Id = id, Folder = own, BaseModel = AdapterConfig.Load(own).BaseModel };
    }

    /// <summary>The card of an extracted adapter.</summary>
    public static string ReadCard(string folder) => File.ReadAllText(Path.Combine(Folder(folder), Card));

    static void ExtractFiles(string file, string folder)
    {
        using var zip = ZipFile.OpenRead(file);
        foreach (var name in Names)
        {
            var entry = zip.GetEntry(name) ?? throw new AdapterException($"the result has no {name}.");
            entry.ExtractToFile(Path.Combine(folder, name));
        }
    }

    static string Folder(string folder) => Path.Combine(folder, "reused");
}
