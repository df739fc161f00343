using System.Runtime.CompilerServices;
using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Records;

/// <summary>Reads events from the same database as the record: after a terminal event was read here, reads of the record include it.</summary>
sealed class RecordEvents(RecordReads reads, RecordSignals signals, NewerEvents newer) : IPredictionEvents
{
    const int Page = 1000;

    public async IAsyncEnumerable<RecordedEvent> ReadAsync(string id, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
    {
        using var signal = signals.Subscribe(id); // before the first read, so that no event after it is missed
        var mayEnd = true; // whether the prediction may be unknown or have ended without further events
        IReadOnlyList<RecordedEvent>? signaled = null;
        while ((Next(signaled, after)
            ?? await reads.ReadAsync(records => NextAsync(records, id, after, mayEnd, cancellationToken), cancellationToken)) is { } page)
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

            signaled = page.Count < Page ? await signal.WaitAsync(cancellationToken) : null;
        }
    }

    /// <returns>Those of the signaled events that come next; null if they must be read from the table.</returns>
    static RecordedEvent[]? Next(IReadOnlyList<RecordedEvent>? signaled, long after)
    {
        RecordedEvent[]? next = signaled is null ? null : [.. signaled.SkipWhile(recorded => recorded.Sequence <= after)];
        return next is not null && next.Index().All(one => one.Item.Sequence == after + 1 + one.Index) ? next : null;
    }

    /// <returns>The events that are there; null when there are none and none will follow.</returns>
    static async Task<IReadOnlyList<RecordedEvent>?> NextAsync(
        RecordsContext records, string id, long after, bool mayEnd, CancellationToken cancellationToken)
    {
        var page = await records.EventsAsync(id, after, Page, cancellationToken);
        if (page.Count > 0 || !mayEnd || await IsOpenAsync(records, id, cancellationToken))
        {
            return page;
        }

        page = await records.EventsAsync(id, after, Page, cancellationToken); // it may have ended since the first read
        return page.Count > 0 ? page : null;
    }

    static async Task<bool> IsOpenAsync(RecordsContext records, string id, CancellationToken cancellationToken) =>
        await records.HeadAsync(id, cancellationToken) is { IsTerminal: false };
}
