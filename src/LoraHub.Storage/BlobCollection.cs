using LoraHub.Core;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage;

/// <summary>Deletes the blobs that no prediction's output names, and that none which has not ended may be about to name.</summary>
sealed class BlobCollection(IDataRetention retention, IBlobStore blobs, IOptions<RetentionOptions> options, TimeProvider time)
{
    const int AtOnce = 500;

    /// <returns>How many were deleted.</returns>
    public async Task<int> CollectAsync(CancellationToken cancellationToken)
    {
        // What a prediction names it has put after it was created. From then on the records may take long to show its name: on a full disk, until there is room.
        var now = time.GetUtcNow();
        var notPutSince = (await retention.OldestOpenAsync(cancellationToken) is { } oldest && oldest < now ? oldest : now) - options.Value.Grace;

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
