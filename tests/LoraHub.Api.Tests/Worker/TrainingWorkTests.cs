using LoraHub.Core;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Worker;

/// <summary>How a training runs: what it keeps to go on, and how it fails.</summary>
public sealed class TrainingWorkTests : TrainingRuns
{
    [Fact]
    public async Task A_stopping_worker_keeps_a_checkpoint_from_which_the_next_attempt_goes_on()
    {
        var steps = new List<int>();
        Predictor.TuneScript = (plan, folder, checkpoints, progress, canceled) =>
        {
            using var last = checkpoints.Open();
            for (var step = last?.ReadByte() ?? 0; step < 4; step++)
            {
                canceled.ThrowIfCancellationRequested();
                steps.Add(step);
                if (step == 2)
                {
                    Lifetime.StopApplication();
                }

                if (checkpoints.IsDue)
                {
                    checkpoints.Save(stream => stream.WriteByte((byte)(step + 1)));
                }
            }

            return Adapter(folder);
        };
        var id = await CreateAsync();

        await RunAsync();
        Assert.Equal([id], await Checkpoints.ListAsync(CancellationToken.None));
        Assert.Null(Find());
        await RunAsync();

        var ended = await FindAsync(id);
        Assert.Equal([0, 1, 2, 3], steps);
        Assert.Equal((PredictionStatus.Succeeded, $"{Destination}:{Find()!.Digest}"), (ended.Status, ended.Output!.Version));
        Assert.Contains("the prediction goes back to the queue", ended.Logs, StringComparison.Ordinal);
        Assert.Contains("going on from its last checkpoint", ended.Logs, StringComparison.Ordinal);
        Assert.Empty(await Checkpoints.ListAsync(CancellationToken.None));
    }

    [Fact]
    public async Task A_training_whose_data_was_deleted_fails_with_the_reason()
    {
        var ended = await EndAsync(Plan() with { Data = new string('0', 64) });

        Assert.Equal("The training's data was deleted; create the training again.", ended.Error);
    }

    [Fact]
    public async Task A_full_disk_at_a_checkpoint_fails_the_training_with_the_reason()
    {
        Checkpoints.Problem = new StorageUnavailableException("The training's checkpoint could not be stored.");
        Predictor.TuneScript = (_, folder, checkpoints, _, _) =>
        {
            checkpoints.Save(stream => stream.WriteByte(1));
            return Adapter(folder);
        };

        var ended = await EndAsync(Plan());

        Assert.Equal("The training's checkpoint could not be stored.", ended.Error);
        Assert.Null(Find());
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(Folder, "tmp")));
    }
}
