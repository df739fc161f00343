using System.Security.Cryptography;

using LoraHub.Core.Trainings;

using Microsoft.Win32.SafeHandles;

namespace LoraHub.Inference.Training;

/// <summary>A file of <see cref="TrainingLines"/>. Only the lines' places are in memory. Owns the open file.</summary>
sealed class LineFile : IDisposable
{
    readonly SafeFileHandle _file;
    readonly List<long> _ends; // of each line, without its line feed

    LineFile(SafeFileHandle file, List<long> ends, string digest) => (_file, _ends, Digest) = (file, ends, digest);

    /// <summary>The number of lines.</summary>
    public int Count => _ends.Count;

    /// <summary>SHA-256 of the file.</summary>
    public string Digest { get; }

    /// <summary>One example, read from the file.</summary>
    public TrainingExample this[int line]
    {
        get
        {
            var start = line == 0 ? 0 : _ends[line - 1] + 1;
            var bytes = new byte[_ends[line] - start];
            for (var read = 0; read < bytes.Length;)
            {
                var more = RandomAccess.Read(_file, bytes.AsSpan(read), start + read);
                read += more > 0 ? more : throw new EndOfStreamException("The training data became shorter while it was read.");
            }

            return TrainingLines.Read(bytes);
        }
    }

    public static LineFile Open(string path)
    {
        using var digest = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var (ends, buffer) = (new List<long>(), new byte[1 << 16]);
        var file = File.OpenHandle(path);
        long length = 0;
        while (RandomAccess.Read(file, buffer, length) is > 0 and var read)
        {
            var piece = buffer.AsSpan(0, read);
            digest.AppendData(piece);
            for (var (from, found) = (0, 0); (found = piece[from..].IndexOf((byte)'\n')) >= 0; from += found + 1)
            {
                ends.Add(length + from + found);
            }

            length += read;
        }

        if (length > (ends.Count == 0 ? 0 : ends[^1] + 1))
        {
            ends.Add(length); // a last line without a line feed
        }

        return new LineFile(file, ends, Convert.ToHexStringLower(digest.GetHashAndReset()));
    }

    public void Dispose() => _file.Dispose();
}
