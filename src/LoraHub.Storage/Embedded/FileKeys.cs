using System.Collections.Concurrent;
using System.Security.Cryptography;
using LoraHub.Core;
using LoraHub.Modules.Folders;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Embedded;

/// <summary>
/// Stores each of the service's secrets in a file in the data folder, created at first use, readable only by the service's user. A damaged file
/// stops the start: with a known key, such as an empty one, anyone could forge signatures.
/// </summary>
sealed class FileKeys(IOptions<DataOptions> data) : IServiceKeys, IHostedService
{
    const int KeyBytes = 32;

    readonly ConcurrentDictionary<string, byte[]> _keys = new(StringComparer.Ordinal);

    string Folder => data.Value.Path;

    /// <exception cref="InvalidOperationException">The key's file is damaged; the message names it and the remedy.</exception>
    public byte[] KeyOf(string name) => _keys.GetOrAdd(name, ReadOrCreate); // failures are not cached

    /// <summary>Reads the keys that exist.</summary>
    public Task StartAsync(CancellationToken cancellationToken)
    {
        foreach (var name in KeyNames.All.Where(name => File.Exists(PathOf(name))))
        {
            KeyOf(name);
        }

        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    byte[] ReadOrCreate(string name)
    {
        var path = PathOf(name);
        if (!File.Exists(path))
        {
            var temporary = Path.Combine(Directory.CreateDirectory(Folder).FullName, Path.GetRandomFileName());
            WritePrivately(temporary, RandomNumberGenerator.GetBytes(KeyBytes));
            MoveUnlessExists(temporary, path);
            SystemCalls.Flush(Folder);
        }

        return Read(path);
    }

    /// <remarks>A power cut can leave a file empty, or filled with zeros.</remarks>
    static byte[] Read(string path)
    {
        using var file = File.OpenRead(path);
        var key = new byte[KeyBytes];
        var isKey = file.Length == KeyBytes && file.ReadAtLeast(key, KeyBytes, throwOnEndOfStream: false) == KeyBytes;
        return isKey && key.AsSpan().ContainsAnyExcept((byte)0)
            ? key
            : throw new InvalidOperationException(
                $"The key file {path} is damaged: it has {file.Length} bytes instead of {KeyBytes} random ones. Put a backup in its place; or delete "
                + "it, then the service makes a new key, and signatures and URLs made with the old one are no longer valid.");
    }

    static void WritePrivately(string path, byte[] bytes)
    {
        using var file = PrivateFile.Create(path);
        file.Write(bytes);
        file.Flush(flushToDisk: true); // before the rename: a power cut must not leave an empty key
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

    string PathOf(string name) => Path.Combine(Folder, $"{name}.key");
}
