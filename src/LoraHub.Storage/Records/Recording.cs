using LoraHub.Core.Predictions;
using LoraHub.Core.Telemetry;
using LoraHub.Storage.Records.Modules;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records;

/// <summary>The part of a prediction that determines which events it accepts.</summary>
sealed record PredictionHead(string Id, PredictionState State, long LastSequence, string? Lease, int Attempts)
{
    public bool IsTerminal => State.IsTerminal;
}

/// <summary>Writes predictions and their events, in the caller's transaction.</summary>
static class Recording
{
    public static IQueryable<PredictionHead> Heads(this IQueryable<PredictionRow> rows) =>
        rows.Select(row => new PredictionHead(
            row.Id, new PredictionState(row.Status, row.CancelRequested), row.LastSequence, row.Lease, row.Attempts));

    public static Task<PredictionHead?> HeadAsync(this RecordsContext records, string id, CancellationToken cancellationToken) =>
        records.Predictions.Where(row => row.Id == id).Heads().FirstOrDefaultAsync(cancellationToken);

    /// <summary>
    /// Adds a new prediction with an unused id, and the modules that it uses. The caller holds <see cref="RecordsContext.HoldCreationsAsync"/>, as
    /// deletions of modules do, so that no module disappears in between.
    /// </summary>
    /// <param name="capacity">See <see cref="IPredictionStore.CreateAsync"/>.</param>
    public static async Task<Creation> CreateAsync(
        this RecordsContext records, CreatedPrediction created, int capacity, CancellationToken cancellationToken)
    {
        var open = records.Predictions.Where(row => row.CompletedAt == null);
        if (await open.CountAsync(row => row.Kind == created.Kind, cancellationToken) >= capacity)
        {
            return Creation.Full;
        }

        var modules = created.Plan?.Modules ?? [];
        if ((await records.DeletedModulesAsync(modules, cancellationToken)).Count > 0)
        {
            return Creation.ModuleDeleted;
        }

        var last = await open.MaxAsync(row => (long?)row.Arrival, cancellationToken); // finished predictions have no place in the queue
        records.Predictions.Add(PredictionRow.From(created, (last ?? 0) + 1));
        await records.SaveChangesAsync(cancellationToken);
        await records.AddUsesAsync(created.Id, modules, cancellationToken);
        return Creation.Created;
    }

    /// <summary>Appends events, which the prediction must accept.</summary>
    /// <param name="head">The prediction's current state in this transaction.</param>
    public static Task AppendAsync(
        this RecordsContext records,
        PredictionHead head,
        IReadOnlyList<PredictionEvent> happened,
        DateTimeOffset at,
        CancellationToken cancellationToken) =>
        records.AppendAsync(head, [.. happened.Select((one, index) => new RecordedEvent(head.LastSequence + 1 + index, at, one))], cancellationToken);

    /// <summary>Appends events, which the prediction must accept and whose sequence numbers must follow its last event.</summary>
    /// <param name="head">The prediction's current state in this transaction.</param>
    public static async Task AppendAsync(
        this RecordsContext records, PredictionHead head, IReadOnlyList<RecordedEvent> happened, CancellationToken cancellationToken)
    {
        var (after, startedAt) = (head.State, (DateTimeOffset?)null);
        foreach (var recorded in happened)
        {
            after = after.Apply(recorded.Event);
            startedAt = recorded.Event is PredictionEvent.Started ? recorded.At : startedAt;
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
        await row.ExecuteUpdateAsync(
            set => set
                .SetProperty(row => row.Status, after.Status)
                .SetProperty(row => row.CancelRequested, after.CancelRequested)
                .SetProperty(row => row.LastSequence, sequence)
                .SetProperty(row => row.StartedAt, row => startedAt ?? row.StartedAt),
            cancellationToken);
        if (after.IsTerminal)
        {
            var ended = await records.CloseAsync(row, cancellationToken);
            Instruments.CountEnd(happened[^1].Event, ended.Deployment); // every prediction ends here exactly once
        }
    }

    /// <summary>Folds all events into the row.</summary>
    static async Task<Prediction> CloseAsync(this RecordsContext records, IQueryable<PredictionRow> rows, CancellationToken cancellationToken)
    {
        var row = await rows.AsNoTracking().SingleAsync(cancellationToken);
        var events = await records.Events.AsNoTracking()
            .Where(one => one.PredictionId == row.Id)
            .OrderBy(one => one.Sequence).ToListAsync(cancellationToken);
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
                .SetProperty(row => row.Plan, (string?)null)
                .SetProperty(row => row.Lease, (string?)null),
            cancellationToken);
        await records.ModuleUses.Where(use => use.PredictionId == row.Id).ExecuteDeleteAsync(cancellationToken);
        if (ended.Status == PredictionStatus.Succeeded)
        {
            await records.CountUsesAsync(ended, cancellationToken);
        }

        return ended;
    }

    /// <summary>Replaces U+0000, which PostgreSQL cannot store in text.</summary>
    static string Storable(string text) => text.Replace('\0', '\uFFFD');

    static async Task AddResultsAsync(this RecordsContext records, string id, PredictionOutput output, CancellationToken cancellationToken)
    {
        foreach (var digest in output.Digests())
        {
            // An earlier attempt may have produced the same result.
            if (!records.Results.Local.Any(row => row.Digest == digest && row.PredictionId == id)
                && !await records.Results.AnyAsync(row => row.Digest == digest && row.PredictionId == id, cancellationToken))
            {
                records.Results.Add(new ResultRow { Digest = digest, PredictionId = id });
            }
        }
    }
}
