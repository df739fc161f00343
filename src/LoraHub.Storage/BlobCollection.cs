using LoraHub.Core;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage;

/// <summary>Deletes the blobs that no prediction's output refers to, except those that an unfinished prediction may still refer to.</summary>
sealed class BlobCollection(IDataRetention retention, IBlobStore blobs, IOptions<RetentionOptions> options, TimeProvider time)
{
    const int AtOnce = 500;

    /// <returns>The number of deleted blobs.</returns>
    public async Task<int> CollectAsync(CancellationToken cancellationToken)
    {
        // A prediction puts its blobs after its creation. Its record may refer to them much later, for example when the disk was full.
        var now = time.GetUtcNow();
        var notPutSince = (await retention.OldestOpenAsync(cancellationToken) is { } oldest && oldest < now ? oldest : now) - options.Value.Grace;

        var count = 0;
        await foreach (var digests in blobs.ListAsync(notPutSince, cancellationToken).Chunk(AtOnce).WithCancellation(cancellationToken))
        {
            var named = await retention.ResultsAmongAsync(digests, cancellationToken);
            foreach (var digest in digests.Where(digest => !named.Contains(digest)))
            {
                count += await blobs.DeleteAsync(digest, notPutSince, cancellationToken) ? 1 : 0; // unless it was put again in the meantime
            }
        }

        return count;
    }
}
