using System.Runtime.CompilerServices;
using LoraHub.Core.Predictions;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records;

/// <summary>Reads events from the same database as the record: after a terminal event was read here, reads of the record include it.</summary>
sealed class RecordEvents(RecordReads reads, RecordSignals signals, NewerEvents newer) : IPredictionEvents
{
    const int Page = 1000;

    public async IAsyncEnumerable<RecordedEvent> ReadAsync(string id, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var signal = signals.Subscribe(id); // before the first read, so that no event after it is missed
        var mayEnd = true; // whether the prediction may be unknown or have ended without further events
        while (await reads.ReadAsync(records => NextAsync(records, id, after, mayEnd, cancellationToken), cancellationToken) is { } page)
        {
            newer.Report(page.Select(recorded => recorded.Event));
            foreach (var recorded in page.Where(recorded => recorded.Event is not PredictionEvent.Unknown))
            {
                cancellationToken.ThrowIfCancellationRequested();
                yield return recorded;
            }

            if (page is [.., var last])
            {
                (after, mayEnd) = (last.Sequence, false);
                if (last.Event.IsTerminal)
                {
                    yield break;
                }
            }

            if (page.Count < Page)
            {
                await signal.WaitAsync(cancellationToken);
            }
        }
    }

    /// <returns>The events that are there; null when there are none and none will follow.</returns>
    static async Task<IReadOnlyList<RecordedEvent>?> NextAsync(
        RecordsContext records, string id, long after, bool mayEnd, CancellationToken cancellationToken)
    {
        var page = await PageAsync(records, id, after, cancellationToken);
        if (page.Count > 0 || !mayEnd || await records.Predictions.AnyAsync(row => row.Id == id && row.CompletedAt == null, cancellationToken))
        {
            return page;
        }

        page = await PageAsync(records, id, after, cancellationToken); // it may have ended since the first read
        return page.Count > 0 ? page : null;
    }

    static async Task<IReadOnlyList<RecordedEvent>> PageAsync(RecordsContext records, string id, long after, CancellationToken cancellationToken)
    {
        var rows = await records.Events.AsNoTracking()
            .Where(row => row.PredictionId == id && row.Sequence > after)
            .OrderBy(row => row.Sequence).Take(Page).ToListAsync(cancellationToken);
        return [.. rows.Select(row => row.ToRecorded())];
    }
}
