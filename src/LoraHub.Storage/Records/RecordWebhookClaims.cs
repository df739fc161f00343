using System.Linq.Expressions;
using LoraHub.Core.Predictions;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records;

/// <summary>Claims webhooks for this process under a unique name.</summary>
sealed class RecordWebhookClaims(IDbContextFactory<RecordsContext> contexts, IRecordWriter writer, TimeProvider time) : IWebhookClaims
{
    readonly string _self = Guid.NewGuid().ToString("n");

    public async Task<IReadOnlyList<WebhookClaim>> ClaimAsync(IReadOnlyCollection<string>? ids, int limit, CancellationToken cancellationToken)
    {
        var free = await FreeAsync(ids, limit, cancellationToken);
        var claimed = new List<WebhookClaim>();
        foreach (var row in free)
        {
            var isOurs = await writer.WriteAsync(
                records => records.Predictions
                    .Where(one => one.Id == row.Id && one.ClaimedBy == row.ClaimedBy)
                    .Where(IsFree())
                    .ExecuteUpdateAsync(Hold(), cancellationToken),
                cancellationToken) == 1;
            if (isOurs) // otherwise another process claimed it first
            {
                claimed.Add(new WebhookClaim(row.ToBeginning(), row.StartTold, IsTakenOver: row.ClaimedBy is not null));
            }
        }

        return claimed;
    }

    public async Task<IReadOnlySet<string>> RenewAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken)
    {
        await writer.WriteAsync(records => Ours(records, ids).ExecuteUpdateAsync(Hold(), cancellationToken), cancellationToken);
        await using var records = await contexts.CreateDbContextAsync(cancellationToken);
        return await Ours(records, ids).Select(row => row.Id).ToHashSetAsync(cancellationToken);
    }

    public Task MarkStartSentAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        records => records.Predictions
            .Where(row => row.Id == id)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.StartTold, true), cancellationToken),
        cancellationToken);

    public Task CloseAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        records => records.Predictions
            .Where(row => row.Id == id)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.WebhookOpen, false), cancellationToken),
        cancellationToken);

    public Task ReleaseAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) => writer.WriteAsync(
        records => Ours(records, ids)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.ClaimedUntil, (DateTimeOffset?)null), cancellationToken),
        cancellationToken);

    async Task<IReadOnlyList<PredictionRow>> FreeAsync(IReadOnlyCollection<string>? ids, int limit, CancellationToken cancellationToken)
    {
        await using var records = await contexts.CreateDbContextAsync(cancellationToken);
        var rows = records.Predictions.AsNoTracking().Where(IsFree());
        if (ids is not null)
        {
            rows = rows.Where(row => ids.Contains(row.Id));
        }

        return await rows.OrderBy(row => row.CreatedAt).Take(limit).ToListAsync(cancellationToken);
    }

    /// <summary>
    /// Whether a webhook is pending and unclaimed. A claim far beyond its validity was made before the clock was set back, so it is free; a claim
    /// slightly beyond it comes from a node whose clock is ahead, so it holds.
    /// </summary>
    Expression<Func<PredictionRow, bool>> IsFree()
    {
        var now = time.GetUtcNow();
        var longest = now + (2 * IWebhookClaims.Validity);
        return row => row.WebhookOpen && (row.ClaimedUntil == null || row.ClaimedUntil < now || row.ClaimedUntil > longest);
    }

    Action<Microsoft.EntityFrameworkCore.Query.UpdateSettersBuilder<PredictionRow>> Hold()
    {
        var until = time.GetUtcNow() + IWebhookClaims.Validity;
        return set => set.SetProperty(row => row.ClaimedBy, _self).SetProperty(row => row.ClaimedUntil, until);
    }

    IQueryable<PredictionRow> Ours(RecordsContext records, IReadOnlyCollection<string> ids) =>
        records.Predictions.Where(row => row.WebhookOpen && row.ClaimedBy == _self && ids.Contains(row.Id));
}
