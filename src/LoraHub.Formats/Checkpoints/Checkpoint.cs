using System.Collections.ObjectModel;

using LoraHub.Formats.Safetensors;
using LoraHub.Formats.Tensors;
using LoraHub.Formats.TorchZip;

namespace LoraHub.Formats.Checkpoints;

/// <summary>One file of a checkpoint.</summary>
/// <param name="Path">As passed by the caller.</param>
/// <param name="Length">In bytes.</param>
/// <param name="LastWrite">When the file was last written, as of the reading of its header.</param>
public sealed record CheckpointFile(string Path, long Length, DateTime LastWrite);

/// <summary>
/// The tensors of a checkpoint and their locations: one file of safetensors or <c>torch.save</c>, or the shards of a model. It keeps no file open.
/// Nothing in a checkpoint is ever executed.
/// </summary>
/// <remarks>Replace a file in use by renaming: one that is written in place while it is read is an error (<see cref="CheckpointBytes"/>).</remarks>
public sealed class Checkpoint
{
    static readonly string[] ModelFiles =
        ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];

    static readonly string[] AdapterFiles = ["adapter_model.safetensors", "adapter_model.bin"];

    // transformers' classes for T5 with a task's own head keep the model under this name, and its loader takes such files for the model alone.
    const string Wrapper = "transformer.";

    readonly OrderedDictionary<string, StoredTensor> _tensors = [];

    internal Checkpoint(string path, IReadOnlyList<CheckpointFile> files, IEnumerable<StoredTensor> tensors)
    {
        (Path, Files) = (path, files);
        var entries = new OrderedDictionary<string, TensorEntry>();
        foreach (var tensor in tensors)
        {
            _tensors.Add(tensor.Entry.Name, tensor);
            entries.Add(tensor.Entry.Name, tensor.Entry);
        }

        Entries = new ReadOnlyDictionary<string, TensorEntry>(entries);
    }

    /// <summary>The file, or the index of the shards.</summary>
    public string Path { get; }

    /// <summary>The file, or the shards.</summary>
    public IReadOnlyList<CheckpointFile> Files { get; }

    /// <summary>The checkpoint's tensors by name, in file order.</summary>
    public IReadOnlyDictionary<string, TensorEntry> Entries { get; }

    /// <summary>The locations of the tensors, in file order.</summary>
    public IEnumerable<StoredTensor> Tensors => _tensors.Values;

    /// <summary>The location of a tensor.</summary>
    /// <exception cref="CheckpointException">The checkpoint has no tensor of that name.</exception>
    public StoredTensor this[string name] =>
        _tensors.TryGetValue(name, out var tensor)
            ? tensor
            : throw new CheckpointException(Path, $"there is no tensor '{name}' among the {_tensors.Count} tensors.");

    /// <summary>Locates the tensors of one file. Detects the format, safetensors or torch zip, from the content.</summary>
    /// <exception cref="CheckpointException">The file is missing, or is not a valid file of either format.</exception>
    public static Checkpoint Locate(string file)
    {
        if (!File.Exists(file))
        {
            throw new CheckpointException(file, "there is no such file.");
        }

        try
        {
            using var stream = File.OpenRead(file);

            var found = new CheckpointFile(file, stream.Length, File.GetLastWriteTimeUtc(stream.SafeFileHandle));
            return new Checkpoint(file, [found], ReadTensors(file, stream));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(file, "the file cannot be read; check its permissions and its disk.", exception);
        }
    }

    /// <summary>
    /// Locates the tensors of a Hugging Face model folder: the first of <c>model.safetensors</c>, its shards, <c>pytorch_model.bin</c> and its shards
    /// that exists.
    /// </summary>
    /// <exception cref="CheckpointException">None exists, or a file is invalid.</exception>
    public static Checkpoint LocateModel(string folder)
    {
        var file = FirstOf(ModelFiles, folder);

        return (file.EndsWith(".json", StringComparison.Ordinal) ? ShardIndex.Locate(file) : Locate(file)).Unwrapped();
    }

    /// <summary>Whether the folder has a file that <see cref="LocateModel"/> reads.</summary>
    public static bool IsModel(string folder) => ModelFiles.Any(name => File.Exists(System.IO.Path.Combine(folder, name)));

    /// <summary>Locates the tensors of a PEFT adapter folder: <c>adapter_model.safetensors</c>, else <c>adapter_model.bin</c>.</summary>
    /// <exception cref="CheckpointException">Neither exists, or the file is invalid.</exception>
    public static Checkpoint LocateAdapter(string folder) => Locate(AdapterFile(folder));

    /// <summary>Returns the file that <see cref="LocateAdapter"/> reads.</summary>
    /// <exception cref="CheckpointException">There is no such file.</exception>
    public static string AdapterFile(string folder) => FirstOf(AdapterFiles, folder);

    static string FirstOf(string[] names, string folder) =>
        names.Select(name => System.IO.Path.Combine(folder, name)).FirstOrDefault(File.Exists)
        ?? throw new CheckpointException(folder, $"the folder must hold one of {string.Join(", ", names)}.");

    /// <summary>The wrapped model's tensors under their own names, or this checkpoint if it has none.</summary>
    Checkpoint Unwrapped()
    {
        if (Entries.Keys.Any(name => name.StartsWith("encoder.", StringComparison.Ordinal))
            || !Entries.Keys.Any(name => name.StartsWith(Wrapper, StringComparison.Ordinal)))
        {
            return this;
        }

        var inside =
            from tensor in Tensors
            where tensor.Entry.Name.StartsWith(Wrapper, StringComparison.Ordinal)
            select tensor with { Entry = tensor.Entry with { Name = tensor.Entry.Name[Wrapper.Length..] } };
        return new Checkpoint(Path, Files, inside);
    }

    static IReadOnlyList<StoredTensor> ReadTensors(string file, FileStream stream)
    {
        Span<byte> start = stackalloc byte[9];
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];

        if (start.StartsWith("PK\x03\x04"u8))
        {
            return TorchArchive.Read(file, stream);
        }

        if (start is [.., (byte)'{'] || System.IO.Path.GetExtension(file) is ".safetensors")
        {
            return SafetensorsHeader.Read(file, stream);
        }

        throw new CheckpointException(file, start switch
        {
            [] => "the file is empty.",
            [0x80, ..] => "this is torch's format from before 1.6, a bare pickle; load it there and save it again, or as safetensors.",
            _ when start.StartsWith("version "u8) => "this is a git-lfs pointer, not the file itself; run `git lfs pull`.",
            _ => "this is neither a safetensors file nor a zip archive made by torch.save.",
        });
    }
}
