using System.Collections.Concurrent;
using System.Security.Cryptography;
using LoraHub.Core;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Embedded;

/// <summary>The service's own secrets: one file each in the data folder, made at first use, readable by its user alone.</summary>
sealed class FileKeys(IOptions<DataOptions> data) : IServiceKeys
{
    const int KeyBytes = 32;

    readonly ConcurrentDictionary<string, byte[]> _keys = new(StringComparer.Ordinal);

    public byte[] KeyOf(string name) => _keys.GetOrAdd(name, ReadOrMake); // a failure is not kept

    byte[] ReadOrMake(string name)
    {
        var folder = Directory.CreateDirectory(data.Value.Path).FullName;
        var path = Path.Combine(folder, $"{name}.key");
        if (!File.Exists(path))
        {
            var made = Path.Combine(folder, Path.GetRandomFileName());
            WritePrivately(made, RandomNumberGenerator.GetBytes(KeyBytes));
            MoveUnlessThere(made, path);
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

    /// <summary>Another process on the same folder may have been faster; then its key counts.</summary>
    static void MoveUnlessThere(string from, string to)
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
