using LoraHub.Formats.Tensors;

using Microsoft.Win32.SafeHandles;

namespace LoraHub.Formats.Checkpoints;

/// <summary>
/// The bytes of a checkpoint's files, which stay open until it is disposed. Reads are thread-safe. A file that is written in place or truncated
/// after <see cref="Checkpoint"/> located its tensors is an error.
/// </summary>
/// <remarks>The files are read, not mapped: access to a mapping of a truncated file kills the process.</remarks>
public sealed class CheckpointBytes : IDisposable
{
    readonly Dictionary<string, (CheckpointFile File, SafeFileHandle Handle)> _files = [];

    /// <exception cref="CheckpointException">A file cannot be opened, or it has changed.</exception>
    public CheckpointBytes(Checkpoint checkpoint)
    {
        try
        {
            foreach (var file in checkpoint.Files)
            {
                // Without a lock, so that other programs can replace the file.
                _files[file.Path] = (file, File.OpenHandle(file.Path, share: FileShare.ReadWrite | FileShare.Delete));
                EnsureUnchanged(file.Path);
            }
        }
        catch (Exception exception)
        {
            Dispose();
            if (exception is IOException or UnauthorizedAccessException)
            {
                throw Unreadable(checkpoint.Path, exception);
            }

            throw;
        }
    }

    /// <summary>Fills a buffer with a tensor's bytes as they are in its file.</summary>
    /// <param name="from">The first byte, counted from the tensor's start.</param>
    /// <exception cref="CheckpointException">The file was truncated or cannot be read.</exception>
    public void Read(StoredTensor tensor, long from, Span<byte> bytes)
    {
        try
        {
            for (var offset = tensor.Offset + from; !bytes.IsEmpty;)
            {
                var read = RandomAccess.Read(_files[tensor.File].Handle, bytes, offset);
                if (read == 0)
                {
                    throw new CheckpointException(tensor.File, $"the file was truncated while reading '{tensor.Entry.Name}'.");
                }

                bytes = bytes[read..];
                offset += read;
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(tensor.File, exception);
        }
    }

    /// <summary>Checks that a file has not been written since its tensors were located; call it once a tensor's bytes are read.</summary>
    /// <exception cref="CheckpointException">It has changed.</exception>
    public void EnsureUnchanged(string path)
    {
        var (file, handle) = _files[path];
        if (RandomAccess.GetLength(handle) != file.Length || File.GetLastWriteTimeUtc(handle) != file.LastWrite)
        {
            throw new CheckpointException(path, "the file was changed while it was read; try again, and replace model files by renaming.");
        }
    }

    public void Dispose()
    {
        foreach (var (_, handle) in _files.Values)
        {
            handle.Dispose();
        }
    }

    static CheckpointException Unreadable(string file, Exception exception) =>
        new(file, "the file cannot be read; check its permissions and its disk.", exception);
}
