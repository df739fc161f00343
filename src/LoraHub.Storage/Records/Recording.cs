using LoraHub.Core.Predictions;
using LoraHub.Core.Telemetry;
using LoraHub.Storage.Records.Modules;

namespace LoraHub.Storage.Records;

/// <summary>The part of a prediction that determines which events it accepts.</summary>
sealed record PredictionHead(string Id, PredictionState State, long LastSequence, string? Lease, int Lost)
{
    public bool IsTerminal => State.IsTerminal;
}

/// <summary>Writes predictions and their events, in the caller's transaction.</summary>
static class Recording
{
    public static IQueryable<PredictionHead> Heads(this IQueryable<PredictionRow> rows) =>
        rows.Select(row => new PredictionHead(
            row.Id, new PredictionState(row.Status, row.CancelRequested), row.LastSequence, row.Lease, row.Lost));

    public static async Task<PredictionHead?> HeadAsync(this RecordsContext records, string id, CancellationToken cancellationToken)
    {
        var found = await records.Commands.QueryAsync(
            $"SELECT status, cancel_requested, last_sequence, lease, lost FROM predictions WHERE id = {id}",
            row => new PredictionHead(
                id,
                new PredictionState((PredictionStatus)row.GetInt32(0), row.GetBoolean(1)),
                row.GetInt64(2),
                row.IsDBNull(3) ? null : row.GetString(3),
                row.GetInt32(4)),
            cancellationToken);
        return found.SingleOrDefault();
    }

    /// <summary>A known prediction as it was created.</summary>
    public static async Task<CreatedPrediction> CreatedAsync(this RecordsContext records, string id, CancellationToken cancellationToken)
    {
        var found = await records.Commands.QueryAsync(
            $"SELECT input, plan, created, created_at, deadline, hardware, kind FROM predictions WHERE id = {id}",
            row => new PredictionRow
            {
                Id = id,
                Input = row.IsDBNull(0) ? null : row.GetString(0),
                Plan = row.IsDBNull(1) ? null : row.GetString(1),
                Created = row.GetString(2),
                CreatedAt = StoredTime.Read(row.GetInt64(3)),
                Deadline = row.IsDBNull(4) ? null : StoredTime.Read(row.GetInt64(4)),
                Hardware = row.GetString(5),
                Kind = Enum.Parse<PredictionKind>(row.GetString(6)),
            },
            cancellationToken);
        return found.Single().ToCreated();
    }

    /// <summary>A prediction's events after a sequence number.</summary>
    public static Task<List<RecordedEvent>> EventsAsync(
        this RecordsContext records, string id, long after, int limit, CancellationToken cancellationToken) => records.Commands.QueryAsync(
        $"SELECT sequence, at, data FROM events WHERE prediction_id = {id} AND sequence > {after} ORDER BY sequence LIMIT {limit}",
        row => new RecordedEvent(row.GetInt64(0), StoredTime.Read(row.GetInt64(1)), RecordJson.Read<PredictionEvent>(row.GetString(2))),
        cancellationToken);

    /// <summary>
    /// Adds a new prediction with an unused id, and the modules that it uses. The caller holds <see cref="RecordsContext.HoldCreationsAsync"/>, as
    /// deletions of modules do, so that no module disappears in between.
    /// </summary>
    /// <param name="capacity">See <see cref="IPredictionStore.CreateAsync"/>.</param>
    public static async Task<Creation> CreateAsync(
        this RecordsContext records, CreatedPrediction created, int capacity, CancellationToken cancellationToken)
    {
        var queue = await records.Commands.QueryAsync( // finished predictions have no place in the queue
            $"""
            SELECT count(CASE kind WHEN {created.Kind.ToString()} THEN 1 END), coalesce(max(arrival), 0) FROM predictions WHERE completed_at IS NULL
            """,
            row => (Waiting: row.GetInt64(0), Last: row.GetInt64(1)),
            cancellationToken);
        if (queue[0].Waiting >= capacity)
        {
            return Creation.Full;
        }

        var modules = created.Plan?.Modules ?? [];
        if ((await records.DeletedModulesAsync(modules, cancellationToken)).Count > 0)
        {
            return Creation.ModuleDeleted;
        }

        await records.InsertAsync(PredictionRow.From(created, queue[0].Last + 1), cancellationToken);
        await records.AddUsesAsync(created.Id, modules, cancellationToken);
        return Creation.Created;
    }

    /// <summary>Inserts a new prediction; what it will have only later stays null.</summary>
    static Task<int> InsertAsync(
        this RecordsContext records, PredictionRow row, CancellationToken cancellationToken) => records.Commands.ExecuteAsync(
        $"""
        INSERT INTO predictions (id, input, plan, created, created_at, deadline, hardware, kind, status, cancel_requested, last_sequence,
        removed, arrival, attempts, lost, enqueued, webhook_open, start_told)
        VALUES ({row.Id}, {row.Input}, {row.Plan}, {row.Created}, {row.CreatedAt}, {row.Deadline}, {row.Hardware}, {row.Kind.ToString()},
        {row.Status}, {row.CancelRequested}, {row.LastSequence}, {row.Removed}, {row.Arrival}, {row.Attempts}, {row.Lost}, {row.Enqueued},
        {row.WebhookOpen}, {row.StartTold})
        """,
        cancellationToken);

    /// <summary>Appends events, which the prediction must accept.</summary>
    /// <param name="head">The prediction's current state in this transaction.</param>
    public static async Task<IReadOnlyList<RecordedEvent>> AppendAsync(
        this RecordsContext records,
        PredictionHead head,
        IReadOnlyList<PredictionEvent> happened,
        DateTimeOffset at,
        CancellationToken cancellationToken)
    {
        RecordedEvent[] recorded = [.. happened.Select((one, index) => new RecordedEvent(head.LastSequence + 1 + index, at, one))];
        await records.AppendAsync(head, recorded, cancellationToken);
        return recorded;
    }

    /// <summary>Appends events, which the prediction must accept and whose sequence numbers must follow its last event.</summary>
    /// <param name="head">The prediction's current state in this transaction.</param>
    public static async Task AppendAsync(
        this RecordsContext records, PredictionHead head, IReadOnlyList<RecordedEvent> happened, CancellationToken cancellationToken)
    {
        if (happened.Count == 0)
        {
            return;
        }

        var (after, startedAt) = (head.State, (DateTimeOffset?)null);
        foreach (var recorded in happened)
        {
            after = after.Apply(recorded.Event);
            startedAt = recorded.Event is PredictionEvent.Started ? recorded.At : startedAt;
            if (recorded.Event is PredictionEvent.Answered(var output))
            {
                await records.AddResultsAsync(head.Id, output, cancellationToken);
            }
        }

        await records.Commands.InsertAsync(
            "INSERT INTO events (prediction_id, sequence, at, part, data)",
            happened.Select(recorded => EventRow.From(head.Id, recorded))
                .Select(row => (object?[])[row.PredictionId, row.Sequence, row.At, row.Part, row.Data]),
            cancellationToken);
        await records.Commands.ExecuteAsync(
            $"""
            UPDATE predictions SET status = {after.Status}, cancel_requested = {after.CancelRequested}, last_sequence = {happened[^1].Sequence},
            started_at = coalesce({startedAt}, started_at) WHERE id = {head.Id}
            """,
            cancellationToken);
        if (after.IsTerminal)
        {
            var ended = await records.CloseAsync(head.Id, cancellationToken);
            Instruments.CountEnd(happened[^1].Event, ended.Deployment); // every prediction ends here exactly once
        }
    }

    /// <summary>Folds all events into the row.</summary>
    static async Task<Prediction> CloseAsync(this RecordsContext records, string id, CancellationToken cancellationToken)
    {
        var events = await records.EventsAsync(id, after: 0, int.MaxValue, cancellationToken);
        var ended = new Prediction(await records.CreatedAsync(id, cancellationToken)).Apply(events);
        var output = ended.Output is null ? null : RecordJson.Write(ended.Output);
        await records.Commands.ExecuteAsync(
            $"""
            UPDATE predictions SET completed_at = {ended.CompletedAt}, logs = {Storable(ended.Logs)}, output = {output},
            error = {(ended.Error is null ? null : Storable(ended.Error))}, metrics = {RecordJson.Write(ended.Metrics)}, plan = NULL, lease = NULL
            WHERE id = {id}
            """,
            cancellationToken);
        await records.Commands.ExecuteAsync($"DELETE FROM module_uses WHERE prediction_id = {id}", cancellationToken);
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
            await records.Commands.ExecuteAsync( // an earlier attempt may have produced the same result
                $"INSERT INTO results (digest, prediction_id) VALUES ({digest}, {id}) ON CONFLICT DO NOTHING", cancellationToken);
        }
    }
}
