using System.Runtime.CompilerServices;
using LoraHub.Core.Predictions;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records;

/// <summary>Reads events from the same database as the record: after a terminal event was read here, reads of the record include it.</summary>
sealed class RecordEvents(IDbContextFactory<RecordsContext> contexts, RecordSignals signals, NewerEvents newer) : IPredictionEvents
{
    const int Page = 1000;

    public async IAsyncEnumerable<RecordedEvent> ReadAsync(string id, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var signal = signals.Subscribe(id);
        while (await ReadAsync(id, after, signal, cancellationToken) is { Count: > 0 } page)
        {
            newer.Report(page.Select(recorded => recorded.Event));
            foreach (var recorded in page.Where(recorded => recorded.Event is not PredictionEvent.Unknown))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return recorded;
            }

            after = page[^1].Sequence;
            if (page[^1].Event.IsTerminal)
            {
                yield break;
            }
        }
    }

    /// <returns>The next events, as soon as there are any; empty after the last event.</returns>
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
                    return await PageAsync(records, id, after, cancellationToken); // it may have ended since the first read
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
