using System.Collections.Concurrent;
using System.Security.Cryptography;
using LoraHub.Core;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Embedded;

/// <summary>Stores each of the service's secrets in a file in the data folder, created at first use, readable only by the service's user.</summary>
sealed class FileKeys(IOptions<DataOptions> data) : IServiceKeys
{
    const int KeyBytes = 32;

    readonly ConcurrentDictionary<string, byte[]> _keys = new(StringComparer.Ordinal);

    public byte[] KeyOf(string name) => _keys.GetOrAdd(name, ReadOrCreate); // failures are not cached

    byte[] ReadOrCreate(string name)
    {
        var folder = Directory.CreateDirectory(data.Value.Path).FullName;
        var path = Path.Combine(folder, $"{name}.key");
        if (!File.Exists(path))
        {
            var temporary = Path.Combine(folder, Path.GetRandomFileName());
            WritePrivately(temporary, RandomNumberGenerator.GetBytes(KeyBytes));
            MoveUnlessExists(temporary, path);
        }

        return File.ReadAllBytes(path);
    }

    static void WritePrivately(string path, byte[] bytes)
    {
        var options = new FileStreamOptions { Mode = FileMode.CreateNew, Access = FileAccess.Write };
        if (!OperatingSystem.IsWindows())
        {
            options.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        using var file = new FileStream(path, options);
        file.Write(bytes);
    }

    /// <summary>If another process on the same folder created the key first, its key is used.</summary>
    static void MoveUnlessExists(string from, string to)
    {
        try
        {
            File.Move(from, to);
        }
        catch (IOException) when (File.Exists(to))
        {
            File.Delete(from);
        }
    }
}
