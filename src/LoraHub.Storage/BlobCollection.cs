using LoraHub.Core;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage;

/// <summary>Deletes the blobs that no prediction's output names, and that none which runs now may be about to name.</summary>
sealed class BlobCollection(IDataRetention retention, IBlobStore blobs, IOptions<RetentionOptions> options, TimeProvider time)
{
    const int AtOnce = 500;

    /// <returns>How many were deleted.</returns>
    public async Task<int> CollectAsync(CancellationToken cancellationToken)
    {
        // A prediction that begins after this puts its blobs after this too. One that has begun may take long to name what it has put: on a full disk, until
        // there is room to record it.
        var notPutSince = time.GetUtcNow() - options.Value.Grace;
        if (await retention.FirstRunningSinceAsync(cancellationToken) is { } begun && begun < notPutSince)
        {
            notPutSince = begun;
        }

        var count = 0;
        await foreach (var digests in blobs.ListAsync(notPutSince, cancellationToken).Chunk(AtOnce).WithCancellation(cancellationToken))
        {
            var named = await retention.ResultsAmongAsync(digests, cancellationToken);
            foreach (var digest in digests.Where(digest => !named.Contains(digest)))
            {
                count += await blobs.DeleteAsync(digest, notPutSince, cancellationToken) ? 1 : 0; // unless it was put again meanwhile
            }
        }

        return count;
    }
}
