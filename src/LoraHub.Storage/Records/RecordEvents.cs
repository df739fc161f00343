using System.Runtime.CompilerServices;
using LoraHub.Core.Predictions;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records;

/// <summary>Reads events from the table, where the record is too: an end that was read here is what whoever asks for the record gets from then on.</summary>
sealed class RecordEvents(IDbContextFactory<RecordsContext> contexts, RecordSignals signals) : IPredictionEvents
{
    const int Page = 1000;

    public async IAsyncEnumerable<RecordedEvent> ReadAsync(string id, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var signal = signals.Subscribe(id);
        while (await ReadAsync(id, after, signal, cancellationToken) is { Count: > 0 } page)
        {
            foreach (var recorded in page)
            {
                cancellationToken.ThrowIfCancellationRequested();
                after = recorded.Sequence;
                yield return recorded;
            }

            if (page[^1].Event.IsTerminal)
            {
                yield break;
            }
        }
    }

    /// <returns>The next events, once there are some; none when there will be none.</returns>
    async Task<IReadOnlyList<RecordedEvent>> ReadAsync(string id, long after, RecordSignals.Subscription signal, CancellationToken cancellationToken)
    {
        while (true)
        {
            await using (var records = await contexts.CreateDbContextAsync(cancellationToken))
            {
                if (await PageAsync(records, id, after, cancellationToken) is { Count: > 0 } page)
                {
                    return page;
                }

                if (!await records.Predictions.AnyAsync(row => row.Id == id && row.CompletedAt == null, cancellationToken))
                {
                    return await PageAsync(records, id, after, cancellationToken); // it may have ended since the first look
                }
            }

            await signal.WaitAsync(cancellationToken);
        }
    }

    static async Task<IReadOnlyList<RecordedEvent>> PageAsync(RecordsContext records, string id, long after, CancellationToken cancellationToken)
    {
        var rows = await records.Events.AsNoTracking()
            .Where(row => row.PredictionId == id && row.Sequence > after)
            .OrderBy(row => row.Sequence).Take(Page).ToListAsync(cancellationToken);
        return [.. rows.Select(row => row.ToRecorded())];
    }
}
