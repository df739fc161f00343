namespace LoraHub.Inference.Checkpoints;

/// <summary>Opens checkpoints: safetensors, and what <c>torch.save</c> writes. Nothing in a checkpoint is ever executed.</summary>
/// <remarks>A file must not be written to while it is open: replace it by renaming, as a mapping of a shortened file faults.</remarks>
public static class Checkpoint
{
    static readonly string[] ModelFiles =
        ["model.safetensors", "model.safetensors.index.json", "pytorch_model.bin", "pytorch_model.bin.index.json"];

    static readonly string[] AdapterFiles = ["adapter_model.safetensors", "adapter_model.bin"];

    /// <summary>Opens one file, safetensors or torch zip; its content says which.</summary>
    /// <exception cref="CheckpointException">The file is missing, or is not a valid file of either format.</exception>
    public static ICheckpoint Open(string file)
    {
        if (!File.Exists(file))
        {
            throw new CheckpointException(file, "there is no such file.");
        }

        try
        {
            using var stream = File.OpenRead(file);

            return new MappedCheckpoint(file, stream.Length, ReadTensors(file, stream));
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new CheckpointException(file, "the file cannot be read; its owner or its disk forbids it.", exception);
        }
    }

    /// <summary>
    /// Opens a Hugging Face model folder: <c>model.safetensors</c>, its shards, <c>pytorch_model.bin</c> or its shards, the first that is there.
    /// </summary>
    /// <exception cref="CheckpointException">None is there, one is invalid, or an index does not agree with its shards.</exception>
    public static ICheckpoint OpenModel(string folder)
    {
        var file = FirstOf(ModelFiles, folder);

        return file.EndsWith(".json", StringComparison.Ordinal) ? ShardedCheckpoint.Open(file) : Open(file);
    }

    /// <summary>Opens a PEFT adapter folder: <c>adapter_model.safetensors</c>, else <c>adapter_model.bin</c>.</summary>
    /// <exception cref="CheckpointException">Neither is there, or the one chosen is invalid.</exception>
    public static ICheckpoint OpenAdapter(string folder) => Open(AdapterFile(folder));

    /// <summary>The file that <see cref="OpenAdapter"/> opens.</summary>
    /// <exception cref="CheckpointException">There is none.</exception>
    public static string AdapterFile(string folder) => FirstOf(AdapterFiles, folder);

    static string FirstOf(string[] names, string folder) =>
        names.Select(name => Path.Combine(folder, name)).FirstOrDefault(File.Exists)
        ?? throw new CheckpointException(folder, $"the folder must hold one of {string.Join(", ", names)}.");

    static IReadOnlyList<StoredTensor> ReadTensors(string file, FileStream stream)
    {
        Span<byte> start = stackalloc byte[9];
        start = start[..stream.ReadAtLeast(start, start.Length, throwOnEndOfStream: false)];

        if (start.StartsWith("PK\x03\x04"u8))
        {
            return TorchArchive.Read(file, stream);
        }

        if (start is [.., (byte)'{'] || Path.GetExtension(file) is ".safetensors")
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
