using System.Diagnostics;
using LoraHub.Core;
using LoraHub.Core.Modules;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Telemetry;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Worker;

/// <summary>Does a leased prediction from its start to its end, for the service and the terminal alike.</summary>
sealed partial class PredictionRunner(
    IPredictor predictor, IBlobStore blobs, IOptions<DataOptions> data, TimeProvider time, ILogger<PredictionRunner> logger, IModuleSource? modules = null)
{
    const string UnexpectedFailure = "The prediction failed unexpectedly; the service's log says more.";

    const string NoRoom = "There is no room left on the service's disk for what the prediction makes. Once there is, it can be asked for again.";

    const string HandedBack = "This worker is stopping; the prediction goes back to the queue.\n";

    /// <summary>Records what happens, last of all how it ended. When asked to stop it records no end, so that the lease hands the prediction back.</summary>
    public async Task RunAsync(IPredictionLease lease, CancellationToken stopping)
    {
        var id = lease.Prediction.Id;
        using var span = Spans.StartAttempt(lease.Prediction, lease.Attempt);
        if (!await lease.AppendAsync(Beginning(lease.Attempt), CancellationToken.None))
        {
            Lose(id, span);
            return;
        }

        LogStarted(id);
        var start = time.GetTimestamp();
        var end = await AttemptAsync(lease, stopping);
        if (end.Count == 0)
        {
            if (await lease.AppendAsync(new PredictionEvent.Logged(HandedBack), CancellationToken.None))
            {
                LogHandedBack(id);
            }
            else
            {
                Lose(id, span);
            }

            return;
        }

        var measured = new PredictionEvent.Measured(Prediction.PredictTimeMetric, Math.Round(time.GetElapsedTime(start).TotalSeconds, 6));
        if (await lease.AppendAsync([.. end.SkipLast(1), measured, end[^1]], CancellationToken.None))
        {
            End(id, end[^1], measured.Value, span);
        }
        else if (await lease.AppendAsync([measured, new PredictionEvent.Canceled()], CancellationToken.None)) // the wish to cancel it came before its end
        {
            End(id, new PredictionEvent.Canceled(), measured.Value, span);
        }
        else
        {
            Lose(id, span);
        }
    }

    static IReadOnlyList<PredictionEvent> Beginning(int attempt) => attempt == 1
        ? [new PredictionEvent.Started()]
        : [new PredictionEvent.Started(), new PredictionEvent.Logged($"Attempt {attempt}: the worker before did not finish; from the start again.\n")];

    /// <returns>What there is to record last, the end included; nothing when it was stopped in the middle.</returns>
    async Task<IReadOnlyList<PredictionEvent>> AttemptAsync(IPredictionLease lease, CancellationToken stopping)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, lease.Canceled);
        try
        {
            using var workspace = Workspace.Create(data.Value.Path);
            await (modules?.FetchAsync(either.Token) ?? Task.CompletedTask); // whoever took it in may know modules that are not here yet
            var result = await PredictAsync(lease, workspace.Folder, either.Token);
            var output = await PublishAsync(result, lease.Prediction.Origin, either.Token);
            return [new PredictionEvent.Answered(output), new PredictionEvent.Succeeded()];
        }
        catch (OperationCanceledException) when (lease.Canceled.IsCancellationRequested)
        {
            return [new PredictionEvent.Canceled()];
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return [];
        }
        catch (PredictionException exception)
        {
            return [new PredictionEvent.Failed(exception.Message)];
        }
        catch (StorageUnavailableException exception)
        {
            LogNotStored(lease.Prediction.Id);
            return [new PredictionEvent.Failed(exception.Message)];
        }
        catch (IOException exception) when (DiskRoom.IsMissing(exception))
        {
            LogNoRoom(lease.Prediction.Id);
            return [new PredictionEvent.Failed(NoRoom)];
        }
        catch (Exception exception)
        {
            // Without its message: that may quote the client's input.
            LogFailedUnexpectedly(lease.Prediction.Id, exception.GetType(), exception.StackTrace);
            return [new PredictionEvent.Failed(UnexpectedFailure)];
        }
    }

    async Task<PredictionResult> PredictAsync(IPredictionLease lease, string folder, CancellationToken cancellationToken)
    {
        var (input, errors) = InputParser.Parse(lease.Prediction.Input);
        if (input is null)
        {
            throw new PredictionException(string.Join(" ", errors.Select(error => $"{error.Field}: {error.Message}")));
        }

        var pump = new EventPump(lease);
        var pumping = pump.RunAsync();
        try
        {
            // Tensor code keeps state on its thread: it gets one of its own, and nothing is awaited on it.
            return await Task.Factory.StartNew(
                () => predictor.Predict(input, folder, pump, cancellationToken),
                CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        }
        finally
        {
            pump.Complete();
            await pumping;
        }
    }

    async Task<PredictionOutput> PublishAsync(PredictionResult result, string origin, CancellationToken cancellationToken)
    {
        using var phase = Phase.Begin("publish", time);
        var adapter = await PutAsync(result.AdapterFile, cancellationToken);
        var checkpoint = result.CheckpointFile is { } file ? await PutAsync(file, cancellationToken) : null;
        var trace = result.TraceFile is { } steps ? await PutAsync(steps, cancellationToken) : null;
        return result.Output with
        {
            Adapter = $"{origin}/results/{adapter}/adapter.zip",
            Checkpoint = checkpoint is null ? null : $"{origin}/results/{checkpoint}/checkpoint.zip",
            Trace = trace is null ? null : $"{origin}/results/{trace}/trace.json",
        };
    }

    async Task<string> PutAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return await blobs.PutAsync(file, cancellationToken);
    }

    void End(string id, PredictionEvent end, double seconds, Activity? span)
    {
        Instruments.PredictionDuration.Record(seconds);
        span?.SetEnd(end);
        LogEnded(id, end.GetType().Name, seconds);
    }

    void Lose(string id, Activity? span)
    {
        Instruments.LeasesLost.Add(1);
        span?.SetStatus(ActivityStatusCode.Error, "The lease was lost.");
        LogLost(id);
    }

    [LoggerMessage(LogLevel.Information, "Prediction {PredictionId} was started.")]
    partial void LogStarted(string predictionId);

    [LoggerMessage(LogLevel.Information, "Prediction {PredictionId} has ended: {End} after {Seconds} s.")]
    partial void LogEnded(string predictionId, string end, double seconds);

    [LoggerMessage(LogLevel.Warning, "Prediction {PredictionId} was handed back to the queue: the worker is stopping.")]
    partial void LogHandedBack(string predictionId);

    [LoggerMessage(LogLevel.Warning, "The worker has lost prediction {PredictionId}: another has taken it over, or it has ended.")]
    partial void LogLost(string predictionId);

    [LoggerMessage(LogLevel.Error, "Prediction {PredictionId} failed: what it made could not be stored.")]
    partial void LogNotStored(string predictionId);

    [LoggerMessage(LogLevel.Error, "Prediction {PredictionId} failed: there is no room left on the disk of the data folder.")]
    partial void LogNoRoom(string predictionId);

    [LoggerMessage(LogLevel.Error, "Prediction {PredictionId} failed unexpectedly: {ExceptionType}\n{StackTrace}")]
    partial void LogFailedUnexpectedly(string predictionId, Type exceptionType, string? stackTrace);
}
