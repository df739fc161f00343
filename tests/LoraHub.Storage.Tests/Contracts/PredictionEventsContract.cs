using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Tests.Contracts;

/// <summary>The contract of every <see cref="IPredictionEvents"/>.</summary>
public abstract class PredictionEventsContract : IAsyncLifetime
{
    Engine _engine = null!;

    protected abstract Task<Engine> NewEngineAsync();

    public async ValueTask InitializeAsync() => _engine = await NewEngineAsync();

    public async ValueTask DisposeAsync()
    {
        GC.SuppressFinalize(this);
        await _engine.DisposeAsync();
    }

    [Fact]
    public async Task A_late_reader_gets_everything_from_the_start()
    {
        var created = await RunAsync("one", "two");

        var read = await _engine.ReadAsync(created.Id);

        Assert.Equal(
            [new PredictionEvent.Started(), new PredictionEvent.Logged("one\n"), new PredictionEvent.Logged("two\n"),
                new PredictionEvent.Succeeded()],
            read.Select(recorded => recorded.Event));
        Assert.Equal([1, 2, 3, 4], read.Select(recorded => recorded.Sequence));
    }

    [Fact]
    public async Task A_reader_resumes_after_the_event_it_names()
    {
        var created = await RunAsync("one", "two");

        var read = await _engine.ReadAsync(created.Id, after: 2);

        Assert.Equal([3, 4], read.Select(recorded => recorded.Sequence));
    }

    [Fact]
    public async Task A_reader_beyond_the_end_gets_nothing()
    {
        var created = await RunAsync("one");

        Assert.Empty(await _engine.ReadAsync(created.Id, after: 3));
        Assert.Empty(await _engine.ReadAsync(created.Id, after: long.MaxValue));
    }

    [Fact]
    public async Task An_early_reader_gets_events_as_they_happen()
    {
        var created = await _engine.CreateAsync();
        await using var reader = _engine.Watch(created.Id);
        var first = reader.MoveNextAsync().AsTask();
        Assert.False(first.IsCompleted);
        await using var lease = await _engine.LeaseAsync();

        await lease.AppendAsync(new PredictionEvent.Started());
        Assert.True(await first);
        Assert.IsType<PredictionEvent.Started>(reader.Current.Event);

        await lease.LogAsync("one");
        Assert.True(await reader.MoveNextAsync());
        Assert.Equal(new PredictionEvent.Logged("one\n"), reader.Current.Event);

        await lease.AppendAsync(new PredictionEvent.Failed("no"));
        Assert.True(await reader.MoveNextAsync());
        Assert.False(await reader.MoveNextAsync());
    }

    [Fact]
    public async Task Readers_get_only_their_own_events_in_order()
    {
        const int Lines = 200;
        var created = new List<CreatedPrediction>();
        for (var i = 0; i < 3; i++)
        {
            created.Add(await _engine.CreateAsync());
        }

        var readers = created.Select(prediction => _engine.ReadAsync(prediction.Id)).ToArray();
        await Task.WhenAll(created.Select(_ => Task.Run(() => WorkAsync(Lines))));

        for (var i = 0; i < created.Count; i++)
        {
            var read = await readers[i];
            var logs = read.Select(recorded => recorded.Event).OfType<PredictionEvent.Logged>().Select(logged => logged.Text);
            Assert.Equal(Enumerable.Range(0, Lines).Select(line => $"{created[i].Id} {line}\n"), logs);
            Assert.Equal(Enumerable.Range(1, Lines + 2).Select(number => (long)number), read.Select(recorded => recorded.Sequence));
        }
    }

    [Fact]
    public async Task A_slow_reader_does_not_block_others()
    {
        var created = await _engine.CreateAsync();
        await using var slow = _engine.Watch(created.Id);
        var first = slow.MoveNextAsync().AsTask();

        await WorkAsync(lines: 5000).WaitAsync(3 * Wait.Limit, TestContext.Current.CancellationToken);
        var fast = await _engine.ReadAsync(created.Id);

        Assert.Equal(5002, fast.Count);
        Assert.True(await first);
        Assert.Equal(1, slow.Current.Sequence);
        var count = 1;
        while (await slow.MoveNextAsync())
        {
            count++;
        }

        Assert.Equal(5002, count);
    }

    [Fact]
    public async Task A_reader_that_disconnects_is_released()
    {
        var created = await _engine.CreateAsync();
        using var leaving = new CancellationTokenSource();
        await using var reader = _engine.Events.ReadAsync(created.Id, 0, leaving.Token).GetAsyncEnumerator(TestContext.Current.CancellationToken);
        var next = reader.MoveNextAsync().AsTask();

        await leaving.CancelAsync();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => next.WaitAsync(Wait.Limit, TestContext.Current.CancellationToken));
    }

    [Fact]
    public async Task Canceling_a_waiting_prediction_is_an_event()
    {
        var created = await _engine.CreateAsync();
        var reading = _engine.ReadAsync(created.Id);

        await _engine.CancelAsync(created.Id);

        Assert.IsType<PredictionEvent.Canceled>(Assert.Single(await reading).Event);
    }

    [Fact]
    public async Task An_unknown_prediction_has_no_events() => Assert.Empty(await _engine.ReadAsync(PredictionId.New()));

    [Fact]
    public async Task An_event_carries_the_moment_it_was_accepted()
    {
        var created = await _engine.CreateAsync();
        await using var lease = await _engine.LeaseAsync();
        _engine.Time.Advance(TimeSpan.FromSeconds(5));

        await lease.AppendAsync(new PredictionEvent.Started());

        Assert.Equal(created.CreatedAt.AddSeconds(5), (await _engine.ReadAsync(created.Id, atMost: 1))[0].At);
    }

    async Task<CreatedPrediction> RunAsync(params string[] lines)
    {
        var created = await _engine.CreateAsync();
        await using var lease = await _engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());
        await lease.LogAsync(lines);
        await lease.AppendAsync(new PredictionEvent.Succeeded());
        return created;
    }

    async Task WorkAsync(int lines)
    {
        await using var lease = await _engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());
        for (var line = 0; line < lines; line++)
        {
            await lease.LogAsync($"{lease.Created.Id} {line}");
        }

        await lease.AppendAsync(new PredictionEvent.Succeeded());
    }
}
