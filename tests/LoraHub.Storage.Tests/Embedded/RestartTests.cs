using LoraHub.Core.Predictions;
using LoraHub.Core.Trainings;
using LoraHub.Storage.Tests.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Storage.Tests.Embedded;

/// <summary>The state after a process was killed.</summary>
public sealed class RestartTests
{
    [Fact]
    public async Task After_a_restart_running_predictions_run_again_in_order_before_waiting_ones()
    {
        await using var engine = await EmbeddedEngine.StartAsync();
        var running = await engine.CreateAsync();
        var waiting = await engine.CreateAsync();
        var lost = await engine.LeaseAsync();
        await lost.AppendAsync(new PredictionEvent.Started());
        await lost.LogAsync("one");

        await engine.RestartAsync();

        await using var again = await engine.LeaseAsync();
        Assert.Equal((running.Id, 2), (again.Created.Id, again.Attempt));
        Assert.True(await again.AppendAsync(new PredictionEvent.Started()));
        Assert.True(await again.AppendAsync(new PredictionEvent.Succeeded()));
        await using var next = await engine.LeaseAsync();
        Assert.Equal((waiting.Id, 1), (next.Created.Id, next.Attempt));
        Assert.Equal(
            [new PredictionEvent.Started(), new PredictionEvent.Logged("one\n"), new PredictionEvent.Started(), new PredictionEvent.Succeeded()],
            (await engine.ReadAsync(running.Id)).Select(recorded => recorded.Event));
    }

    [Fact]
    public async Task After_a_restart_a_training_has_the_last_checkpoint_of_the_lost_attempt()
    {
        await using var engine = await EmbeddedEngine.StartAsync();
        var training = await engine.CreateAsync(kind: PredictionKind.Train);
        var lost = await engine.LeaseAsync(PredictionKind.Train);
        await lost.AppendAsync(new PredictionEvent.Started());
        foreach (var step in (byte[])[1, 2])
        {
            await engine.Services.GetRequiredService<ITrainingCheckpoints>().SaveAsync(
                training.Id, new MemoryStream([step]), TestContext.Current.CancellationToken);
        }

        await engine.RestartAsync();

        await using var again = await engine.LeaseAsync(PredictionKind.Train);
        Assert.Equal((training.Id, 2), (again.Created.Id, again.Attempt));
        await using var checkpoint = await engine.Services.GetRequiredService<ITrainingCheckpoints>().OpenAsync(
            training.Id, TestContext.Current.CancellationToken);
        Assert.Equal(2, checkpoint!.ReadByte());
    }

    [Fact]
    public async Task Finished_predictions_are_unchanged()
    {
        await using var engine = await EmbeddedEngine.StartAsync();
        var created = await engine.CreateAsync();
        await using (var lease = await engine.LeaseAsync())
        {
            await lease.AppendAsync(new PredictionEvent.Started());
            await lease.LogAsync("one", "two");
            await lease.AppendAsync(new PredictionEvent.Measured("loss", 0.5));
            await lease.AppendAsync(new PredictionEvent.Failed("no"));
        }

        var before = await engine.FindAsync(created.Id);
        await engine.RestartAsync();
        var after = await engine.FindAsync(created.Id);

        Assert.Equal("one\ntwo\n", after.Logs);
        Assert.Equal((PredictionStatus.Failed, "no", 0.5), (after.Status, after.Error, after.Metrics["loss"]));
        Assert.Equal((before.StartedAt, before.CompletedAt), (after.StartedAt, after.CompletedAt));
    }

    [Fact]
    public async Task A_requested_cancellation_completes_after_its_worker_is_lost()
    {
        await using var engine = await EmbeddedEngine.StartAsync();
        var created = await engine.CreateAsync();
        var lost = await engine.LeaseAsync();
        await lost.AppendAsync(new PredictionEvent.Started());
        await engine.CancelAsync(created.Id);

        await engine.RestartAsync();

        Assert.Equal(PredictionStatus.Canceled, (await engine.FindAsync(created.Id)).Status);
    }

    [Fact]
    public async Task A_prediction_that_crashes_every_process_finally_fails()
    {
        await using var engine = await EmbeddedEngine.StartAsync(("Queue:MaxAttempts", "3"));
        var deadly = await engine.CreateAsync();
        for (var attempt = 1; attempt <= 3; attempt++)
        {
            var lost = await engine.LeaseAsync();
            Assert.Equal(attempt, lost.Attempt);
            await engine.RestartAsync();
        }

        var next = await engine.CreateAsync();
        await using var lease = await engine.LeaseAsync();

        Assert.Equal(next.Id, lease.Created.Id);
        var failed = await engine.FindAsync(deadly.Id);
        Assert.Equal(PredictionStatus.Failed, failed.Status);
        Assert.StartsWith("The prediction was started 3 times", failed.Error);
    }

    [Fact]
    public async Task A_prediction_that_stopping_processes_return_loses_no_attempt()
    {
        await using var engine = await EmbeddedEngine.StartAsync(("Queue:MaxAttempts", "2"));
        var training = await engine.CreateAsync(kind: PredictionKind.Train);
        for (var attempt = 1; attempt <= 5; attempt++)
        {
            await using (var returned = await engine.LeaseAsync(PredictionKind.Train))
            {
                Assert.Equal(attempt, returned.Attempt);
                await returned.AppendAsync(new PredictionEvent.Started());
            }

            await engine.RestartAsync();
        }

        await engine.LeaseAsync(PredictionKind.Train);
        await engine.RestartAsync();
        await using var again = await engine.LeaseAsync(PredictionKind.Train);

        Assert.Equal((training.Id, 7), (again.Created.Id, again.Attempt)); // lost once
    }

    /// <summary>Leases and order do not depend on a clock.</summary>
    [Theory]
    [InlineData(-48)]
    [InlineData(48)]
    public async Task A_clock_that_jumps_changes_no_order_and_ends_no_lease(int hours)
    {
        await using var engine = await EmbeddedEngine.StartAsync();
        var first = await engine.CreateAsync();
        var second = await engine.CreateAsync();
        await using var running = await engine.LeaseAsync();
        await running.AppendAsync(new PredictionEvent.Started());

        engine.Time.AdjustTime(engine.Time.GetUtcNow().AddHours(hours));
        var third = await engine.CreateAsync();

        await using var next = await engine.LeaseAsync();
        await using var last = await engine.LeaseAsync();
        Assert.Equal((first.Id, second.Id, third.Id), (running.Created.Id, next.Created.Id, last.Created.Id));
        Assert.False(running.Canceled.IsCancellationRequested);
        Assert.True(await running.AppendAsync(new PredictionEvent.Succeeded()));
        Assert.Equal(PredictionStatus.Succeeded, (await engine.FindAsync(first.Id)).Status);
    }
}
