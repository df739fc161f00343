using LoraHub.Core.Predictions;
using LoraHub.Core.Telemetry;
using LoraHub.Storage.Records.Modules;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records;

/// <summary>As much of a prediction as decides what may happen to it.</summary>
sealed record PredictionHead(string Id, PredictionStatus Status, bool CancelRequested, long LastSequence, string? Lease, int Attempts)
{
    public bool IsTerminal => Status is PredictionStatus.Succeeded or PredictionStatus.Failed or PredictionStatus.Canceled;

    /// <summary>A prediction that accepts what this one does.</summary>
    public Prediction ToPrediction() => new()
    {
        Id = Id,
        Input = [],
        Origin = "",
        CreatedAt = DateTimeOffset.UnixEpoch,
        Status = Status,
        CancelRequested = CancelRequested,
    };
}

/// <summary>Writes what happens to predictions. The transaction is the caller's.</summary>
static class Recording
{
    public static IQueryable<PredictionHead> Heads(this IQueryable<PredictionRow> rows) =>
        rows.Select(row => new PredictionHead(row.Id, row.Status, row.CancelRequested, row.LastSequence, row.Lease, row.Attempts));

    public static Task<PredictionHead?> HeadAsync(this RecordsContext records, string id, CancellationToken cancellationToken) =>
        records.Predictions.Where(row => row.Id == id).Heads().FirstOrDefaultAsync(cancellationToken);

    /// <summary>Appends events that the prediction accepts to those it has.</summary>
    /// <param name="head">The prediction as it stands in this transaction.</param>
    public static Task AppendAsync(
        this RecordsContext records, PredictionHead head, IReadOnlyList<PredictionEvent> happened, DateTimeOffset at, CancellationToken cancellationToken) =>
        records.AppendAsync(head, [.. happened.Select((one, index) => new RecordedEvent(head.LastSequence + 1 + index, at, one))], cancellationToken);

    /// <summary>Appends events that the prediction accepts to those it has, which end right before them.</summary>
    /// <param name="head">The prediction as it stands in this transaction.</param>
    public static async Task AppendAsync(this RecordsContext records, PredictionHead head, IReadOnlyList<RecordedEvent> happened, CancellationToken cancellationToken)
    {
        var after = head.ToPrediction();
        foreach (var recorded in happened)
        {
            after = after.Apply(recorded);
            records.Events.Add(EventRow.From(head.Id, recorded));
            if (recorded.Event is PredictionEvent.Answered(var output))
            {
                await records.AddResultsAsync(head.Id, output, cancellationToken);
            }
        }

        var sequence = happened.Count == 0 ? head.LastSequence : happened[^1].Sequence;
        await records.SaveChangesAsync(cancellationToken);
        records.ChangeTracker.Clear();

        var row = records.Predictions.Where(row => row.Id == head.Id);
        var startedAt = after.StartedAt;
        await row.ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.Status, after.Status)
                .SetProperty(row => row.CancelRequested, after.CancelRequested)
                .SetProperty(row => row.LastSequence, sequence)
                .SetProperty(row => row.StartedAt, row => startedAt ?? row.StartedAt),
            cancellationToken);
        if (after.IsTerminal)
        {
            await records.CloseAsync(row, cancellationToken);
            Instruments.CountEnd(happened[^1].Event); // here, where every end of every prediction comes once
        }
    }

    /// <summary>Folds all that has happened into the row.</summary>
    static async Task CloseAsync(this RecordsContext records, IQueryable<PredictionRow> rows, CancellationToken cancellationToken)
    {
        var row = await rows.AsNoTracking().SingleAsync(cancellationToken);
        var events = await records.Events.AsNoTracking().Where(one => one.PredictionId == row.Id).OrderBy(one => one.Sequence).ToListAsync(cancellationToken);
        var ended = row.ToPrediction(events);
        var (logs, error) = (Storable(ended.Logs), ended.Error is null ? null : Storable(ended.Error));
        var output = ended.Output is null ? null : RecordJson.Write(ended.Output);
        var metrics = RecordJson.Write(ended.Metrics);
        await rows.ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.CompletedAt, ended.CompletedAt)
                .SetProperty(row => row.Logs, logs)
                .SetProperty(row => row.Output, output)
                .SetProperty(row => row.Error, error)
                .SetProperty(row => row.Metrics, metrics)
                .SetProperty(row => row.Lease, (string?)null),
            cancellationToken);
        if (ended.Status == PredictionStatus.Succeeded)
        {
            await records.CountUsesAsync(ended, cancellationToken);
        }
    }

    /// <summary>PostgreSQL's texts hold every character but this one.</summary>
    static string Storable(string text) => text.Replace('\0', '\uFFFD');

    static async Task AddResultsAsync(this RecordsContext records, string id, PredictionOutput output, CancellationToken cancellationToken)
    {
        foreach (var digest in RecordJson.Digests(output))
        {
            // An earlier attempt may have answered the same.
            if (!records.Results.Local.Any(row => row.Digest == digest && row.PredictionId == id)
                && !await records.Results.AnyAsync(row => row.Digest == digest && row.PredictionId == id, cancellationToken))
            {
                records.Results.Add(new ResultRow { Digest = digest, PredictionId = id });
            }
        }
    }
}
