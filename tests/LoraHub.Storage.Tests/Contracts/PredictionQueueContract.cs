using System.Collections.Concurrent;
using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Tests.Contracts;

/// <summary>The contract of every <see cref="IPredictionQueue"/>.</summary>
public abstract class PredictionQueueContract : IAsyncLifetime
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
    public async Task The_oldest_is_leased_first()
    {
        var created = new List<string>();
        var leased = new List<string>();
        for (var i = 0; i < 3; i++)
        {
            created.Add((await _engine.CreateAsync()).Id);
        }

        for (var i = 0; i < 3; i++)
        {
            await using var lease = await _engine.LeaseAsync();
            leased.Add(lease.Created.Id);
            await lease.AppendAsync(new PredictionEvent.Canceled());
        }

        Assert.Equal(created, leased);
    }

    [Fact]
    public async Task Several_are_leased_at_once_the_oldest_first_and_no_more_than_asked_for()
    {
        var created = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            created.Add((await _engine.CreateAsync(kind: PredictionKind.Generate)).Id);
        }

        var leases = new List<IPredictionLease>();
        while (leases.Count < 3)
        {
            leases.AddRange(await _engine.Queue.LeaseAsync(PredictionKind.Generate, 3 - leases.Count, TestContext.Current.CancellationToken));
        }

        await using var last = await _engine.LeaseAsync(PredictionKind.Generate);
        Assert.Equal(created, [.. leases.Select(lease => lease.Created.Id), last.Created.Id]);
        Assert.All(leases, lease => Assert.Equal(1, lease.Attempt));
        foreach (var lease in leases)
        {
            Assert.True(await lease.AppendAsync(new PredictionEvent.Canceled(), TestContext.Current.CancellationToken));
            await lease.DisposeAsync();
        }
    }

    [Fact]
    public async Task Each_kind_waits_in_its_own_queue()
    {
        var composing = await _engine.CreateAsync();
        var generating = await _engine.CreateAsync(kind: PredictionKind.Generate);
        var another = await _engine.CreateAsync(kind: PredictionKind.Generate);

        await using var first = await _engine.LeaseAsync(PredictionKind.Generate);
        await using var second = await _engine.LeaseAsync(PredictionKind.Generate);
        var third = _engine.LeaseAsync(PredictionKind.Generate);
        await using var other = await _engine.LeaseAsync();

        Assert.Equal(
            [generating.Id, another.Id, composing.Id], [first.Created.Id, second.Created.Id, other.Created.Id]);
        Assert.Equal([PredictionKind.Generate, PredictionKind.Compose], [first.Created.Kind, other.Created.Kind]);
        Assert.False(third.IsCompleted);

        var last = await _engine.CreateAsync(kind: PredictionKind.Generate);
        await using var awaited = await third.WaitAsync(Wait.Limit, TestContext.Current.CancellationToken);
        Assert.Equal(last.Id, awaited.Created.Id);
    }

    [Fact]
    public async Task A_training_is_left_to_workers_that_take_trainings()
    {
        var training = await _engine.CreateAsync(kind: PredictionKind.Train);
        var others = new[] { _engine.LeaseAsync(), _engine.LeaseAsync(PredictionKind.Generate) };

        await using var lease = await _engine.LeaseAsync(PredictionKind.Train).WaitAsync(Wait.Limit, TestContext.Current.CancellationToken);

        Assert.Equal((training.Id, PredictionKind.Train, 1), (lease.Created.Id, lease.Created.Kind, lease.Attempt));
        Assert.DoesNotContain(others, other => other.IsCompleted);
        await _engine.CreateAsync();
        await _engine.CreateAsync(kind: PredictionKind.Generate);
        foreach (var other in others)
        {
            await (await other.WaitAsync(Wait.Limit, TestContext.Current.CancellationToken)).DisposeAsync();
        }
    }

    [Fact]
    public async Task Many_waiting_workers_of_a_kind_get_a_prediction_each_and_a_returned_one_goes_to_another()
    {
        var waiting = Enumerable.Range(0, 5).Select(_ => _engine.LeaseAsync(PredictionKind.Generate)).ToList();
        var (created, leases) = (new List<string>(), new List<IPredictionLease>());
        for (var i = 0; i < 4; i++)
        {
            created.Add((await _engine.CreateAsync(kind: PredictionKind.Generate)).Id);
            var leased = await Task.WhenAny(waiting).WaitAsync(Wait.Limit, TestContext.Current.CancellationToken);
            waiting.Remove(leased);
            leases.Add(await leased);
        }

        Assert.Equal(created, leases.Select(lease => lease.Created.Id));
        Assert.False(Assert.Single(waiting).IsCompleted);

        await leases[0].DisposeAsync();

        await using var again = await waiting[0].WaitAsync(Wait.Limit, TestContext.Current.CancellationToken);
        Assert.Equal(created[0], again.Created.Id);
        foreach (var lease in leases)
        {
            await lease.DisposeAsync();
        }
    }

    [Fact]
    public async Task A_waiting_worker_gets_the_next_prediction()
    {
        var waiting = _engine.LeaseAsync();
        Assert.False(waiting.IsCompleted);

        var created = await _engine.CreateAsync();

        await using var lease = await waiting.WaitAsync(Wait.Limit, TestContext.Current.CancellationToken);
        Assert.Equal(created.Id, lease.Created.Id);
    }

    [Fact]
    public async Task A_worker_that_stops_waiting_loses_no_prediction()
    {
        using var leaving = new CancellationTokenSource();
        var waiting = _engine.Queue.LeaseAsync(PredictionKind.Compose, leaving.Token);
        await leaving.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);

        var created = await _engine.CreateAsync();

        await using var lease = await _engine.LeaseAsync().WaitAsync(Wait.Limit, TestContext.Current.CancellationToken);
        Assert.Equal(created.Id, lease.Created.Id);
    }

    [Fact]
    public async Task Each_prediction_is_leased_once_with_many_workers()
    {
        const int Predictions = 100;
        var leased = new ConcurrentQueue<string>();
        using var done = new CancellationTokenSource(Wait.Limit);
        var workers = Enumerable.Range(0, 8).Select(_ => Task.Run(() => WorkUntilAsync(leased, Predictions, done))).ToArray();

        var created = new List<string>();
        for (var i = 0; i < Predictions; i++)
        {
            created.Add((await _engine.CreateAsync()).Id);
        }

        await Task.WhenAll(workers);
        Assert.Equal(created.Order(), leased.Order());
    }

    [Fact]
    public async Task A_released_prediction_returns_to_the_queue_before_newer_ones()
    {
        var older = await _engine.CreateAsync();
        await _engine.CreateAsync();
        await using (var lease = await _engine.LeaseAsync())
        {
            await lease.AppendAsync(new PredictionEvent.Started());
        }

        await using var again = await _engine.LeaseAsync();

        Assert.Equal(older.Id, again.Created.Id);
        Assert.True(await again.AppendAsync(new PredictionEvent.Started()));
        Assert.True(await again.AppendAsync(new PredictionEvent.Succeeded()));
    }

    [Fact]
    public async Task A_late_write_is_refused_and_changes_nothing()
    {
        var created = await _engine.CreateAsync();
        var lost = await _engine.LeaseAsync();
        await lost.AppendAsync(new PredictionEvent.Started());
        await lost.DisposeAsync();
        await using var lease = await _engine.LeaseAsync();

        Assert.False(await lost.AppendAsync(new PredictionEvent.Logged("late\n")));
        Assert.False(await lost.AppendAsync(new PredictionEvent.Succeeded()));

        var found = await _engine.FindAsync(created.Id);
        Assert.Equal("", found.Logs);
        Assert.Equal(PredictionStatus.Processing, found.Status);
    }

    [Fact]
    public async Task No_event_is_recorded_after_the_end()
    {
        var created = await _engine.CreateAsync();
        await using var lease = await _engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());
        await lease.AppendAsync(new PredictionEvent.Failed("no"));

        Assert.False(await lease.AppendAsync(new PredictionEvent.Succeeded()));
        Assert.False(await lease.AppendAsync(new PredictionEvent.Logged("late\n")));

        Assert.Equal(PredictionStatus.Failed, (await _engine.FindAsync(created.Id)).Status);
    }

    [Fact]
    public async Task A_batch_of_events_is_recorded_atomically()
    {
        var created = await _engine.CreateAsync();
        await using var lease = await _engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());
        await _engine.CancelAsync(created.Id);

        Assert.False(await lease.AppendAsync([new PredictionEvent.Logged("too late\n"), new PredictionEvent.Succeeded()],
            TestContext.Current.CancellationToken));
        Assert.Equal("", (await _engine.FindAsync(created.Id)).Logs);
        Assert.True(await lease.AppendAsync([new PredictionEvent.Logged("in time\n"), new PredictionEvent.Canceled()],
            TestContext.Current.CancellationToken));

        Assert.Equal("in time\n", (await _engine.FindAsync(created.Id)).Logs);
        Assert.Equal(
            [new PredictionEvent.Started(), new PredictionEvent.CancelRequested(), new PredictionEvent.Logged("in time\n"),
                new PredictionEvent.Canceled()],
            (await _engine.ReadAsync(created.Id)).Select(recorded => recorded.Event));
    }

    [Fact]
    public async Task Canceling_a_waiting_prediction_ends_it_at_once()
    {
        var canceled = await _engine.CreateAsync();
        var next = await _engine.CreateAsync();

        Assert.True(await _engine.CancelAsync(canceled.Id));

        Assert.Equal(PredictionStatus.Canceled, (await _engine.FindAsync(canceled.Id)).Status);
        await using var lease = await _engine.LeaseAsync();
        Assert.Equal(next.Id, lease.Created.Id);
    }

    [Fact]
    public async Task Canceling_a_running_prediction_signals_its_worker()
    {
        var created = await _engine.CreateAsync();
        await using var lease = await _engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());
        var told = new TaskCompletionSource();
        await using var registration = lease.Canceled.Register(told.SetResult);

        Assert.True(await _engine.CancelAsync(created.Id));

        await told.Task.WaitAsync(Wait.Limit, TestContext.Current.CancellationToken);
        Assert.Equal(PredictionStatus.Processing, (await _engine.FindAsync(created.Id)).Status);
        Assert.True(await lease.AppendAsync(new PredictionEvent.Canceled()));
        Assert.Equal(PredictionStatus.Canceled, (await _engine.FindAsync(created.Id)).Status);
    }

    [Fact]
    public async Task A_canceled_prediction_whose_worker_is_lost_is_not_run_again()
    {
        var created = await _engine.CreateAsync();
        await using (var lease = await _engine.LeaseAsync())
        {
            await lease.AppendAsync(new PredictionEvent.Started());
            await _engine.CancelAsync(created.Id);
        }

        Assert.Equal(PredictionStatus.Canceled, (await _engine.FindAsync(created.Id)).Status);
    }

    [Fact]
    public async Task Canceling_a_finished_prediction_changes_nothing()
    {
        var created = await _engine.CreateAsync();
        await using var lease = await _engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());
        await lease.AppendAsync(new PredictionEvent.Succeeded());

        Assert.True(await _engine.CancelAsync(created.Id));

        Assert.Equal(PredictionStatus.Succeeded, (await _engine.FindAsync(created.Id)).Status);
    }

    [Fact]
    public async Task Canceling_an_unknown_prediction_returns_false() => Assert.False(await _engine.CancelAsync(PredictionId.New()));

    async Task WorkUntilAsync(ConcurrentQueue<string> leased, int enough, CancellationTokenSource done)
    {
        try
        {
            while (true)
            {
                await using var lease = await _engine.Queue.LeaseAsync(PredictionKind.Compose, done.Token);
                leased.Enqueue(lease.Created.Id);
                await lease.AppendAsync(new PredictionEvent.Canceled());
                if (leased.Count >= enough)
                {
                    await done.CancelAsync();
                }
            }
        }
        catch (OperationCanceledException)
        {
            // All are done, or the timeout has passed; the test checks which.
        }
    }
}
