using System.Collections.Concurrent;
using System.Runtime.CompilerServices;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using NATS.Client.ObjectStore.Models;

namespace LoraHub.Storage.Distributed;

/// <summary>Blobs as objects on the NATS server. Reads go through a cache of recently used blobs in the data folder.</summary>
sealed class ObjectBlobs(Broker broker, BlobCopies copies) : IBlobStore
{
    readonly ConcurrentDictionary<string, Task> _uploads = new(StringComparer.Ordinal);

    public async Task<string> PutAsync(Stream content, CancellationToken cancellationToken)
    {
        using var held = copies.Hold();
        var digest = await copies.Files.PutAsync(content, cancellationToken);
        while (true)
        {
            // One upload per digest at a time: of two concurrent ones, the server would keep one's chunks as garbage.
            var ours = new TaskCompletionSource();
            var first = _uploads.GetOrAdd(digest, ours.Task);
            if (first != ours.Task)
            {
                await first.WaitAsync(cancellationToken);
                continue;
            }

            try
            {
                await broker.RetryAsync(token => UploadAsync(digest, token), cancellationToken);
                return digest;
            }
            finally
            {
                _uploads.TryRemove(digest, out _);
                ours.SetResult();
            }
        }
    }

    public async Task<Stream?> OpenReadAsync(string digest, CancellationToken cancellationToken)
    {
        if (!Digest.IsValid(digest))
        {
            return null;
        }

        if (await broker.AskAsync(streams => streams.Blobs.FindAsync(digest, cancellationToken), cancellationToken) is null)
        {
            await copies.Files.DeleteAsync(digest, DateTimeOffset.MaxValue, cancellationToken); // another node deleted the blob
            return null;
        }

        return await copies.OpenReadAsync(digest, cancellationToken)
            ?? await copies.AddAsync(
                digest,
                (copy, token) => broker.AskAsync(streams => streams.Blobs.GetAsync(digest, copy, leaveOpen: true, token).AsTask(), token),
                cancellationToken);
    }

    public async Task<bool> DeleteAsync(string digest, DateTimeOffset notPutSince, CancellationToken cancellationToken)
    {
        var isDeleted = Digest.IsValid(digest) && await broker.AskAsync(
            async streams => await streams.Blobs.FindRecordAsync(digest, cancellationToken) is { } record
                && record.Time < notPutSince
                && await streams.Blobs.RemoveAsync(record, cancellationToken),
            cancellationToken);
        if (isDeleted)
        {
            await copies.Files.DeleteAsync(digest, notPutSince, cancellationToken);
        }

        return isDeleted;
    }

    public async IAsyncEnumerable<string> ListAsync(DateTimeOffset notPutSince, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        var all = await broker.AskAsync(streams => streams.Blobs.AllAsync(cancellationToken), cancellationToken);
        foreach (var blob in all.Where(blob => blob.MTime < notPutSince))
        {
            yield return blob.Name;
        }
    }

    /// <summary>Uploads a blob that the server lacks, or refreshes the time of one that it has.</summary>
    async Task<bool> UploadAsync(string digest, CancellationToken cancellationToken)
    {
        var blobs = (await broker.StreamsAsync(cancellationToken)).Blobs;
        if (await blobs.FindRecordAsync(digest, cancellationToken) is { } known && await blobs.RefreshAsync(digest, known, cancellationToken))
        {
            return false;
        }

        await using var copy = File.OpenRead(copies.Files.PathOf(digest));
        await blobs.PutWholeAsync(new ObjectMetadata { Name = digest }, copy, cancellationToken);
        return true;
    }
}
