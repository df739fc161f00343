using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Security.Cryptography;
using System.Text;

namespace LoraHub.Inference.Models;

/// <summary>Tells whether two model folders hold the same model.</summary>
static class ModelDigest
{
    /// <summary>What stands for a model that is not there.</summary>
    public static readonly string OfNothing = Convert.ToHexStringLower(SHA256.HashData([]));

    /// <summary>What a model computes does not depend on these.</summary>
    static readonly string[] Prose = [".md", ".txt", ".gitattributes"];

    // By folder and stamp. Gigabytes are read once, at a start, when the served version and the modules' inspection ask at the same time.
    static readonly ConcurrentDictionary<string, Lazy<string>> Known = new(StringComparer.Ordinal);

    /// <summary>SHA-256 over the names, lengths and contents of the folder's files, ordered by name; reads all of them the first time, and again when one has changed.</summary>
    /// <returns>64 lower-case hexadecimal digits.</returns>
    public static string Of(string folder)
    {
        var key = $"{folder}|{FolderModuleCatalog.Stamp(folder)}";
        var digest = Known.GetOrAdd(key, _ => new Lazy<string>(() => Read(folder)));
        try
        {
            return digest.Value;
        }
        catch
        {
            Known.TryRemove(KeyValuePair.Create(key, digest)); // the next one tries again
            throw;
        }
    }

    static string Read(string folder)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var files = new DirectoryInfo(folder).EnumerateFiles()
            .Where(file => !Prose.Contains(file.Extension, StringComparer.OrdinalIgnoreCase))
            .OrderBy(file => file.Name, StringComparer.Ordinal);
        foreach (var file in files)
        {
            Append(sha256, file);
        }

        return Convert.ToHexStringLower(sha256.GetHashAndReset());
    }

    static void Append(IncrementalHash sha256, FileInfo file)
    {
        using var content = file.OpenRead();
        var head = new byte[sizeof(long)];
        BinaryPrimitives.WriteInt64LittleEndian(head, content.Length);
        sha256.AppendData(Encoding.UTF8.GetBytes(file.Name));
        sha256.AppendData([0]);
        sha256.AppendData(head);

        var buffer = new byte[1 << 20];
        int read;
        while ((read = content.Read(buffer)) > 0)
        {
            sha256.AppendData(buffer, 0, read);
        }
    }
}
