using LoraHub.Core.Predictions;
using LoraHub.Core.Trainings;
using LoraHub.Storage.Tests.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LoraHub.Storage.Tests.Embedded;

/// <summary>Checkpoints are deleted once their trainings have ended, and never before.</summary>
public sealed class CheckpointSweepTests : IAsyncLifetime
{
    EmbeddedEngine _engine = null!;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    ITrainingCheckpoints Checkpoints => _engine.Services.GetRequiredService<ITrainingCheckpoints>();

    public async ValueTask InitializeAsync() => _engine = await EmbeddedEngine.StartAsync();

    public ValueTask DisposeAsync() => _engine.DisposeAsync();

    [Fact]
    public async Task Only_checkpoints_of_ended_and_unknown_trainings_are_deleted_at_the_start()
    {
        var (ended, running, waiting) = (await TrainAsync(), await TrainAsync(), await TrainAsync());
        await SaveAsync("unknown", ended, running, waiting);
        await using var first = await LeaseAsync(ended);
        await first.AppendAsync([new PredictionEvent.Started(), new PredictionEvent.Failed("no")], Cancellation);
        await using var second = await LeaseAsync(running);
        await second.AppendAsync(new PredictionEvent.Started());

        await SweepAsync(() => UntilAsync(hours: 0, running, waiting));
    }

    [Fact]
    public async Task A_checkpoint_goes_within_an_hour_after_its_training_has_ended_and_stays_for_years_before()
    {
        var training = await TrainAsync();
        await SaveAsync(training, "unknown");
        await using var lease = await LeaseAsync(training);
        await lease.AppendAsync(new PredictionEvent.Started());

        await SweepAsync(async () =>
        {
            await UntilAsync(hours: 0, training);
            for (var year = 0; year < 3; year++)
            {
                await SaveAsync("unknown");
                _engine.Time.Advance(TimeSpan.FromDays(365));
                await UntilAsync(hours: 0, training);
            }

            await lease.AppendAsync(new PredictionEvent.Canceled());
            await SaveAsync(training); // by a late worker
            await UntilAsync(hours: 1);
        });
    }

    [Fact]
    public async Task Checkpoints_of_the_terminal_go_a_day_after_the_last_was_saved()
    {
        var folder = Path.Combine(_engine.DataPath, "checkpoints", "terminal");
        Directory.CreateDirectory(folder);
        var now = _engine.Time.GetUtcNow().UtcDateTime;
        foreach (var (name, at) in new[] { ("old.checkpoint", now.AddHours(-25)), ("young.checkpoint", now.AddHours(-23)) })
        {
            await File.WriteAllTextAsync(Path.Combine(folder, name), "state", Cancellation);
            File.SetLastWriteTimeUtc(Path.Combine(folder, name), at);
        }

        await SaveAsync("unknown");
        await SweepAsync(() => UntilAsync(hours: 0));
        Assert.Equal(2, Directory.EnumerateFiles(folder).Count());

        var temporary = _engine.Services.GetServices<IHostedService>().OfType<TemporaryFileSweep>().Single();
        await temporary.StartAsync(Cancellation);
        await _engine.UntilAsync(hours: 0, () => Task.FromResult(!File.Exists(Path.Combine(folder, "old.checkpoint"))));
        await temporary.StopAsync(Cancellation);

        Assert.True(File.Exists(Path.Combine(folder, "young.checkpoint")));
    }

    async Task<string> TrainAsync() => (await _engine.CreateAsync(kind: PredictionKind.Train)).Id;

    async Task<IPredictionLease> LeaseAsync(string expected)
    {
        var lease = await _engine.LeaseAsync(PredictionKind.Train);
        Assert.Equal(expected, lease.Created.Id);
        return lease;
    }

    async Task SaveAsync(params string[] trainings)
    {
        foreach (var training in trainings)
        {
            await Checkpoints.SaveAsync(training, new MemoryStream([1]), Cancellation);
        }
    }

    /// <summary>Waits until exactly these checkpoints are left.</summary>
    Task UntilAsync(int hours, params string[] left) => _engine.UntilAsync(
        hours, async () => (await Checkpoints.ListAsync(Cancellation)).Order().SequenceEqual(left.Order()));

    async Task SweepAsync(Func<Task> look)
    {
        var sweep = _engine.Services.GetServices<IHostedService>().OfType<CheckpointSweep>().Single();
        await sweep.StartAsync(Cancellation);
        await look();
        await sweep.StopAsync(Cancellation);
        Assert.True(sweep.ExecuteTask!.IsCompletedSuccessfully);
    }
}
