using System.Security.Cryptography;
using LoraHub.Core;
using LoraHub.Storage.Embedded;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Distributed;

/// <summary>Copies of blobs in the data folder, up to <see cref="DistributedOptions.BlobCopies"/> bytes of them.</summary>
sealed class BlobCopies(IOptions<DataOptions> data, IOptions<DistributedOptions> options, TimeProvider time)
{
    readonly string _incoming = Path.Combine(data.Value.Path, "blobs", "incoming");
    readonly Lock _trimming = new();

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
            File.SetLastAccessTimeUtc(copy.SafeFileHandle, TimeProvider.System.GetUtcNow().UtcDateTime); // the disk may be mounted without such times
        }
        catch (IOException)
        {
            // Then it may be the first to go.
        }

        return copy;
    }

    /// <summary>Makes a copy of what is written, if that is the blob, and opens it.</summary>
    /// <exception cref="InvalidDataException">What was written has another digest.</exception>
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
                    throw new InvalidDataException($"What is stored as the blob {digest} is another: {written}.");
                }

                file.Flush(flushToDisk: true);
            }

            var path = Files.PathOf(digest);
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            File.Move(incoming, path, overwrite: true);
            var copy = await OpenReadAsync(digest, cancellationToken);
            Trim();
            return copy;
        }
        finally
        {
            File.Delete(incoming);
        }
    }

    /// <summary>Deletes what was not used for the longest time, until the rest is as much as may be. Whoever reads one reads on.</summary>
    public void Trim()
    {
        lock (_trimming)
        {
            var copies = new DirectoryInfo(Path.Combine(data.Value.Path, "blobs")).EnumerateFiles("*", SearchOption.AllDirectories)
                .Where(file => FileBlobStore.IsDigest(file.Name)).OrderByDescending(file => file.LastAccessTimeUtc);
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
}
