using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Embedded;

/// <summary>Stores blobs as files named by digest, in <c>blobs/</c> of the data folder.</summary>
sealed class FileBlobStore(IOptions<DataOptions> data, TimeProvider time) : IBlobStore
{
    /// <summary>Prevents a put from replacing a file between the check of its age and its deletion.</summary>
    readonly Lock _lock = new();
    readonly string _folder = Path.Combine(data.Value.Path, "blobs");

    public async Task<string> PutAsync(Stream content, CancellationToken cancellationToken)
    {
        var incoming = Path.Combine(Directory.CreateDirectory(Path.Combine(_folder, "incoming")).FullName, Path.GetRandomFileName());
        try
        {
            var digest = await WriteAsync(content, incoming, cancellationToken);
            var path = PathOf(digest);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.SetLastWriteTimeUtc(incoming, time.GetUtcNow().UtcDateTime);
            lock (_lock)
            {
                File.Move(incoming, path, overwrite: true); // equal content, so readers of the old file are unaffected
            }

            return digest;
        }
        finally
        {
            File.Delete(incoming);
        }
    }

    public Task<Stream?> OpenReadAsync(string digest, CancellationToken cancellationToken)
    {
        var path = Digest.IsValid(digest) ? PathOf(digest) : null;
        try
        {
            return Task.FromResult<Stream?>(path is null ? null : new FileStream(path, new FileStreamOptions
            {
                Options = FileOptions.Asynchronous,
                Share = FileShare.Read | FileShare.Delete,
            }));
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return Task.FromResult<Stream?>(null);
        }
    }

    public Task<bool> DeleteAsync(string digest, DateTimeOffset notPutSince, CancellationToken cancellationToken)
    {
        if (!Digest.IsValid(digest))
        {
            return Task.FromResult(false);
        }

        lock (_lock)
        {
            var file = new FileInfo(PathOf(digest));
            var isOld = file.Exists && IsOlder(file, notPutSince);
            if (isOld)
            {
                file.Delete();
            }

            return Task.FromResult(isOld);
        }
    }

    public async IAsyncEnumerable<string> ListAsync(DateTimeOffset notPutSince, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        await Task.CompletedTask;
        foreach (var file in Directory.Exists(_folder) ? new DirectoryInfo(_folder).EnumerateFiles("*", SearchOption.AllDirectories) : [])
        {
            cancellationToken.ThrowIfCancellationRequested();
            if (Digest.IsValid(file.Name) && IsOlder(file, notPutSince))
            {
                yield return file.Name;
            }
        }
    }

    static async Task<string> WriteAsync(Stream content, string path, CancellationToken cancellationToken)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        await using var file = new FileStream(path, new FileStreamOptions
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.Write,
            Options = FileOptions.Asynchronous,
        });

        var buffer = new byte[128 * 1024];
        int read;
        while ((read = await content.ReadAsync(buffer, cancellationToken)) > 0)
        {
            sha256.AppendData(buffer, 0, read);
            await file.WriteAsync(buffer.AsMemory(0, read), cancellationToken);
        }

        file.Flush(flushToDisk: true); // before the rename: a power cut must not lose the content of a named file
        return Convert.ToHexStringLower(sha256.GetHashAndReset());
    }

    /// <summary>Whether the last put, which sets the file's time, was before this time.</summary>
    static bool IsOlder(FileInfo file, DateTimeOffset time) => new DateTimeOffset(file.LastWriteTimeUtc) < time;

    /// <param name="digest">A valid one: nothing else becomes part of a path.</param>
    internal string PathOf(string digest) => Path.Combine(_folder, digest[..2], digest);
}
