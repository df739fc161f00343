using LoraHub.Api.Predictions;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Telemetry;
using LoraHub.Core.Threading;
using LoraHub.Core.Trainings;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Worker;

/// <summary>What an attempt at a training does: composes, tunes or both, and publishes the result.</summary>
/// <param name="stop">Null on the command line.</param>
sealed class TrainingWork(
    IPredictor predictor,
    TrainingPublication publication,
    IBlobStore blobs,
    ITrainingCheckpoints checkpoints,
    IOptions<DataOptions> data,
    TimeProvider time,
    GracefulStop? stop = null)
{
    const string DataDeleted = "The training's data was deleted; create the training again.";

    /// <summary>Trains until the version is published. It deletes its files when it ends, as every prediction does.</summary>
    /// <returns>The output, and how to take the version back.</returns>
    /// <exception cref="PredictionException">The training failed; nothing was published.</exception>
    /// <exception cref="HandedBackException">The worker is stopping.</exception>
    public async Task<(PredictionOutput Output, Func<Task>? Undo)> RunAsync(
        IPredictionLease lease, TrainingPlan plan, EventPump pump, CancellationToken cancellationToken)
    {
        using var workspace = Workspace.Create(data.Value.Path);
        var result = plan.Input.Type == TrainingType.Compose
            ? await ComposeAsync(plan, workspace.Folder, pump, cancellationToken)
            : await TuneAsync(lease, plan, workspace.Folder, pump, cancellationToken);
        using var phase = Phase.Begin("publish", time);
        var output = result.Output with
        {
            Adapter = await blobs.PutFileAsync(result.AdapterFile, cancellationToken),
            Trace = result.TraceFile is { } trace ? await blobs.PutFileAsync(trace, cancellationToken) : null,
        };
        cancellationToken.ThrowIfCancellationRequested(); // from here on it can be taken back, but no longer be stopped
        var (version, undo) = await publication.PublishAsync(plan.Destination, result.AdapterFile);
        pump.Log($"Published {version}");
        return (output with { Version = version }, undo);
    }

    /// <summary>Deletes what a training that has ended kept in order to go on.</summary>
    public Task CleanUpAsync(CreatedPrediction ended) => checkpoints.DeleteAsync(ended.Id, CancellationToken.None);

    Task<PredictionResult> ComposeAsync(TrainingPlan plan, string folder, EventPump pump, CancellationToken cancellationToken) =>
        OwnThread.RunAsync(() => predictor.Predict(plan.Composition!, folder, pump, cancellationToken), CancellationToken.None);

    async Task<PredictionResult> TuneAsync(
        IPredictionLease lease, TrainingPlan plan, string folder, EventPump pump, CancellationToken cancellationToken)
    {
        await PlaceAsync(plan.Data, Path.Combine(folder, TrainingLines.TrainFile), cancellationToken);
        await PlaceAsync(plan.ValidationData, Path.Combine(folder, TrainingLines.ValidationFile), cancellationToken);
        if (plan.Composition is not null)
        {
            // After a lost attempt, too: the search is deterministic, and short beside the steps that the checkpoint has.
            var composed = await ComposeAsync(plan, Directory.CreateDirectory(Path.Combine(folder, "composition")).FullName, pump, cancellationToken);
            File.Move(composed.AdapterFile, Path.Combine(folder, TrainingLines.StartFile));
        }

        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var kept = new TuningCheckpoints(
            checkpoints, lease.Created.Id, Path.Combine(folder, "checkpoint"), time, either.Cancel, stop?.Requested ?? CancellationToken.None);
        try
        {
            return await OwnThread.RunAsync(() => predictor.Tune(plan, folder, kept, pump, either.Token), CancellationToken.None);
        }
        catch (OperationCanceledException) when (kept.HasStopped && !cancellationToken.IsCancellationRequested)
        {
            throw new HandedBackException();
        }
    }

    async Task PlaceAsync(string? digest, string path, CancellationToken cancellationToken)
    {
        if (digest is null)
        {
            return;
        }

        await using var content = await blobs.OpenReadAsync(digest, cancellationToken) ?? throw new PredictionException(DataDeleted);
        await using var file = File.Create(path);
        await content.CopyToAsync(file, cancellationToken);
    }
}
