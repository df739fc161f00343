using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Tests.Contracts;

/// <summary>The contract of every <see cref="IDataRetention"/>.</summary>
public abstract class DataRetentionContract : IAsyncLifetime
{
    /// <summary>Digests in the format of outputs.</summary>
    static readonly string One = new('1', 64), Two = new('2', 64), Three = new('3', 64), Four = new('4', 64);

    static readonly TimeSpan Hour = TimeSpan.FromHours(1);

    Engine _engine = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected abstract Task<Engine> NewEngineAsync();

    public async ValueTask InitializeAsync() => _engine = await NewEngineAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _engine.DisposeAsync();
    }

    [Theory]
    [InlineData(DataParts.Inputs)]
    [InlineData(DataParts.Logs)]
    [InlineData(DataParts.Results)]
    [InlineData(DataParts.Inputs | DataParts.Results)]
    [InlineData(DataParts.All)]
    public async Task Only_the_named_parts_of_a_prediction_are_removed(DataParts parts)
    {
        var id = await SucceedAsync(One);
        var before = await _engine.FindAsync(id);
        _engine.Time.Advance(Hour);

        Assert.Equal(1, await _engine.Retention.RemoveAsync(parts, _engine.Time.GetUtcNow(), Cancellation));

        var after = await _engine.FindAsync(id);
        Assert.Equal(parts, after.Removed);
        Assert.Equal(parts.HasFlag(DataParts.Inputs) ? 0 : 1, after.Input.Count);
        Assert.Equal(parts.HasFlag(DataParts.Logs) ? "" : "said\n", after.Logs);
        Assert.Equal(parts.HasFlag(DataParts.Results), after.Output is null);
        Assert.Equal((before.Status, before.CreatedAt, before.StartedAt, before.CompletedAt),
            (after.Status, after.CreatedAt, after.StartedAt, after.CompletedAt));
        Assert.Equal(0.5, after.Metrics["loss"]);
        Assert.Equal(!parts.HasFlag(DataParts.Results), await IsResultAsync(One));
    }

    [Fact]
    public async Task Predictions_that_wait_or_run_are_open()
    {
        var (ended, running, waiting) = (await SucceedAsync(One), (await _engine.CreateAsync()).Id, (await _engine.CreateAsync()).Id);
        await using var lease = await _engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());
        await _engine.SettleAsync();

        Assert.Equal(
            new HashSet<string> { running, waiting },
            await _engine.Retention.OpenAmongAsync([ended, running, waiting, "unknown"], Cancellation));
        Assert.Empty(await _engine.Retention.OpenAmongAsync([], Cancellation));
    }

    [Theory]
    [InlineData(DataParts.Inputs)]
    [InlineData(DataParts.Results)]
    public async Task Prompts_are_inputs_and_answers_are_results(DataParts part)
    {
        var created = FullPrediction.Create(_engine.Time.GetUtcNow(), PredictionKind.Generate);
        Assert.Equal(Creation.Created, await _engine.Store.CreateAsync(created, capacity: 1, Cancellation));
        await using var lease = await _engine.LeaseAsync(PredictionKind.Generate);
        await lease.AppendAsync(
            [new PredictionEvent.Started(), new PredictionEvent.Generated(0, "mer"), new PredictionEvent.Succeeded()], Cancellation);
        await _engine.SettleAsync();
        _engine.Time.Advance(Hour);

        Assert.Equal(1, await _engine.Retention.RemoveAsync(part, _engine.Time.GetUtcNow(), Cancellation));

        var after = await _engine.FindAsync(created.Id);
        Assert.Equal(part is DataParts.Results, after.Input.ContainsKey("prompt"));
        Assert.Equal(part is DataParts.Results, after.Output is null);
        Assert.Equal(
            part is DataParts.Results ? [1, 3] : [1, 2, 3], (await _engine.ReadAsync(created.Id)).Select(recorded => recorded.Sequence));
        Assert.Equal(("mine/colors", Some.Digest('1')), (after.Created.Model, after.Created.Version));
    }

    [Fact]
    public async Task Parts_can_be_removed_one_after_the_other()
    {
        var id = await SucceedAsync(One);
        _engine.Time.Advance(Hour);

        await _engine.Retention.RemoveAsync(DataParts.Inputs, _engine.Time.GetUtcNow(), Cancellation);
        await _engine.Retention.RemoveAsync(DataParts.Results, _engine.Time.GetUtcNow(), Cancellation);

        var after = await _engine.FindAsync(id);
        Assert.Equal(DataParts.Inputs | DataParts.Results, after.Removed);
        Assert.Equal("said\n", after.Logs);
    }

    [Fact]
    public async Task Only_predictions_that_ended_before_the_time_are_emptied_and_only_once()
    {
        var old = await SucceedAsync(One);
        _engine.Time.Advance(Hour);
        var young = await SucceedAsync(Two);
        var waiting = await _engine.CreateAsync();
        var before = (await _engine.FindAsync(young)).CompletedAt!.Value;

        Assert.Equal(1, await _engine.Retention.RemoveAsync(DataParts.All, before, Cancellation));
        Assert.Equal(0, await _engine.Retention.RemoveAsync(DataParts.All, before, Cancellation));

        Assert.Equal(DataParts.All, (await _engine.FindAsync(old)).Removed);
        Assert.Equal(DataParts.None, (await _engine.FindAsync(young)).Removed);
        Assert.Equal(DataParts.None, (await _engine.FindAsync(waiting.Id)).Removed);
        Assert.NotEmpty((await _engine.FindAsync(waiting.Id)).Input);
    }

    [Fact]
    public async Task All_predictions_are_emptied_in_several_batches()
    {
        var ids = await Task.WhenAll(Enumerable.Range(0, 450).Select(async _ =>
        {
            var id = (await _engine.CreateAsync()).Id;
            await _engine.CancelAsync(id);
            return id;
        }));
        await _engine.SettleAsync();
        _engine.Time.Advance(Hour);

        Assert.Equal(ids.Length, await _engine.Retention.RemoveAsync(DataParts.Inputs, _engine.Time.GetUtcNow(), Cancellation));

        foreach (var id in ids)
        {
            Assert.Empty((await _engine.Store.FindAsync(id, Cancellation))!.Input);
        }
    }

    [Fact]
    public async Task Readers_of_the_events_still_reach_the_end()
    {
        var id = await SucceedAsync(One);

        Assert.Equal(DataRemoval.Removed, await _engine.Retention.RemoveAsync(id, Cancellation));

        var events = await _engine.ReadAsync(id);
        Assert.Equal(
            [new PredictionEvent.Started(), new PredictionEvent.Measured("loss", 0.5), new PredictionEvent.Succeeded()],
            events.Select(recorded => recorded.Event));
        Assert.Equal([1, 3, 5], events.Select(recorded => recorded.Sequence));
        var folded = new Prediction((await _engine.FindAsync(id)).Created).Apply(events);
        Assert.Equal(PredictionStatus.Succeeded, folded.Status);
    }

    [Fact]
    public async Task Emptying_a_prediction_is_idempotent()
    {
        var id = await SucceedAsync(One);
        var other = await SucceedAsync(Two);

        Assert.Equal(DataRemoval.Removed, await _engine.Retention.RemoveAsync(id, Cancellation));
        Assert.Equal(DataRemoval.Removed, await _engine.Retention.RemoveAsync(id, Cancellation));

        var emptied = await _engine.FindAsync(id);
        Assert.Equal(DataParts.All, emptied.Removed);
        Assert.Empty(emptied.Input);
        Assert.Equal("", emptied.Logs);
        Assert.Null(emptied.Output);
        Assert.Equal(DataParts.None, (await _engine.FindAsync(other)).Removed);
    }

    [Fact]
    public async Task A_prediction_that_has_not_ended_keeps_all()
    {
        var waiting = await _engine.CreateAsync();
        Assert.Equal(DataRemoval.NotEnded, await _engine.Retention.RemoveAsync(waiting.Id, Cancellation));
        await using var lease = await _engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());

        Assert.Equal(DataRemoval.NotEnded, await _engine.Retention.RemoveAsync(waiting.Id, Cancellation));

        var running = await _engine.FindAsync(waiting.Id);
        Assert.Equal(DataParts.None, running.Removed);
        Assert.NotEmpty(running.Input);
    }

    [Fact]
    public async Task An_unknown_prediction_has_nothing_to_remove() =>
        Assert.Equal(DataRemoval.UnknownId, await _engine.Retention.RemoveAsync(PredictionId.New(), Cancellation));

    [Fact]
    public async Task A_blob_is_a_result_while_any_prediction_names_it()
    {
        var first = await SucceedAsync(One, Two, Three);
        var second = await SucceedAsync(One);
        Assert.Equal([One, Two, Three], (await ResultsAmongAsync(One, Two, Three, Four)).Order(StringComparer.Ordinal));

        await _engine.Retention.RemoveAsync(first, Cancellation);
        Assert.Equal([One], await ResultsAmongAsync(One, Two, Three));

        await _engine.Retention.RemoveAsync(second, Cancellation);
        Assert.Empty(await ResultsAmongAsync(One, Two, Three));
        Assert.False(await IsResultAsync(One));
    }

    [Fact]
    public async Task The_oldest_unfinished_prediction_is_found()
    {
        Assert.Null(await OldestOpenAsync());
        await SucceedAsync(One);
        Assert.Null(await OldestOpenAsync());
        var first = await _engine.CreateAsync();
        _engine.Time.Advance(Hour);
        var second = await _engine.CreateAsync();
        await using var lease = await _engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());

        Assert.Equal(first.CreatedAt, await OldestOpenAsync());
        await lease.AppendAsync(new PredictionEvent.Canceled());
        Assert.Equal(second.CreatedAt, await OldestOpenAsync());
    }

    async Task<DateTimeOffset?> OldestOpenAsync()
    {
        await _engine.SettleAsync();
        return await _engine.Retention.OldestOpenAsync(Cancellation);
    }

    async Task<bool> IsResultAsync(string digest) => (await ResultsAmongAsync(digest)).Contains(digest);

    async Task<IReadOnlySet<string>> ResultsAmongAsync(params string[] digests) => await _engine.Retention.ResultsAmongAsync(digests, Cancellation);

    /// <summary>A prediction with a log, a metric and blobs: the adapter, and optionally the checkpoint and the trace.</summary>
    async Task<string> SucceedAsync(string adapter, string? checkpoint = null, string? trace = null)
    {
        var created = await _engine.CreateAsync();
        await using var lease = await _engine.LeaseAsync();
        Assert.Equal(created.Id, lease.Created.Id);
        await lease.AppendAsync(new PredictionEvent.Started());
        await lease.LogAsync("said");
        await lease.AppendAsync(new PredictionEvent.Measured("loss", 0.5));
        await lease.AppendAsync(new PredictionEvent.Answered(Engine.Output(adapter, checkpoint, trace)));
        Assert.True(await lease.AppendAsync(new PredictionEvent.Succeeded()));
        await _engine.SettleAsync();
        return created.Id;
    }
}
