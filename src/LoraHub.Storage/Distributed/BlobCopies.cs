using System.Security.Cryptography;
using LoraHub.Core;
using LoraHub.Storage.Embedded;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Distributed;

/// <summary>A cache of blobs in the data folder, of at most <see cref="DistributedOptions.BlobCopies"/> bytes.</summary>
sealed class BlobCopies(IOptions<DataOptions> data, IOptions<DistributedOptions> options, TimeProvider time)
{
    readonly string _incoming = Path.Combine(data.Value.Path, "blobs", "incoming");
    readonly Lock _trimming = new();
    int _holds;

    public FileBlobStore Files { get; } = new(data, time);

    /// <returns>Null when there is no copy.</returns>
    public async Task<Stream?> OpenReadAsync(string digest, CancellationToken cancellationToken)
    {
        if (await Files.OpenReadAsync(digest, cancellationToken) is not FileStream copy)
        {
            return null;
        }

        try
        {
            File.SetLastAccessTimeUtc(copy.SafeFileHandle, TimeProvider.System.GetUtcNow().UtcDateTime); // the disk may be mounted noatime
        }
        catch (IOException)
        {
            // The copy keeps its old access time, so Trim may delete it first.
        }

        return copy;
    }

    /// <summary>Writes a copy, verifies its digest and opens it.</summary>
    /// <exception cref="InvalidDataException">The written content has a different digest.</exception>
    public async Task<Stream?> AddAsync<T>(string digest, Func<Stream, CancellationToken, Task<T>> write, CancellationToken cancellationToken)
    {
        var incoming = Path.Combine(Directory.CreateDirectory(_incoming).FullName, Path.GetRandomFileName());
        try
        {
            await using (var file = new FileStream(incoming, new FileStreamOptions
            {
                Mode = FileMode.CreateNew,
                Access = FileAccess.ReadWrite,
                Options = FileOptions.Asynchronous,
            }))
            {
                await write(file, cancellationToken);
                file.Position = 0;
                var written = Convert.ToHexStringLower(await SHA256.HashDataAsync(file, cancellationToken));
                if (written != digest)
                {
                    throw new InvalidDataException($"The content stored as blob {digest} has the digest {written}.");
                }

                file.Flush(flushToDisk: true);
            }

            var path = Files.PathOf(digest);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Move(incoming, path, overwrite: true);
            var copy = await OpenReadAsync(digest, cancellationToken);
            TryTrim();
            return copy;
        }
        finally
        {
            File.Delete(incoming);
        }
    }

    /// <summary>Keeps every copy until it is disposed: a copy that is not on the server yet must not be deleted. Then trims.</summary>
    public IDisposable Hold()
    {
        lock (_trimming) // so that a running trim has ended
        {
            _holds++;
        }

        return new Held(this);
    }

    /// <summary>Trims; a copy that cannot be deleted now fails nobody.</summary>
    void TryTrim()
    {
        try
        {
            Trim();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // The next trim retries it.
        }
    }

    /// <summary>Deletes the least recently used copies until the rest fit. Open readers can continue.</summary>
    void Trim()
    {
        lock (_trimming)
        {
            if (_holds > 0)
            {
                return; // the last of them trims
            }

            var copies = new DirectoryInfo(Path.Combine(data.Value.Path, "blobs")).EnumerateFiles("*", SearchOption.AllDirectories)
                .Where(file => Digest.IsValid(file.Name)).OrderByDescending(file => file.LastAccessTimeUtc);
            var room = options.Value.BlobCopies;
            foreach (var copy in copies)
            {
                room -= copy.Length;
                if (room < 0)
                {
                    copy.Delete();
                }
            }
        }
    }

    sealed class Held(BlobCopies copies) : IDisposable
    {
        public void Dispose()
        {
            lock (copies._trimming)
            {
                copies._holds--;
            }

            copies.TryTrim();
        }
    }
}
