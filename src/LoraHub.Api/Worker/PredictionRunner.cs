using System.Diagnostics;
using System.Globalization;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Telemetry;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Worker;

/// <summary>Runs a leased prediction from start to end, for the service and for the command line.</summary>
sealed partial class PredictionRunner(
    PlannedWork work, IOptions<LimitsOptions> limits, TimeProvider time, ILogger<PredictionRunner> logger)
{
    const string UnexpectedFailure = "The prediction failed unexpectedly; see the service's log.";

    const string NoRoom =
        "The service's disk is full, so the prediction's files could not be written. Free some space, then create the prediction again.";

    const string HandedBack = "This worker is stopping; the prediction goes back to the queue.\n";

    /// <summary>
    /// Runs the prediction and records its events and its end. When <paramref name="stopping"/> is canceled it records no end, so that the lease
    /// returns the prediction to the queue.
    /// </summary>
    public async Task RunAsync(IPredictionLease lease, CancellationToken stopping)
    {
        var id = lease.Created.Id;
        using var span = Spans.StartAttempt(lease.Created, lease.Attempt);
        if (!await lease.AppendAsync(Beginning(lease), CancellationToken.None))
        {
            Lose(id, span);
            return;
        }

        LogStarted(id);
        var start = time.GetTimestamp();
        var (end, undo) = await AttemptAsync(lease, stopping);
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
            await EndAsync(lease.Created, end[^1], measured.Value, span);
        }
        else if (await lease.AppendAsync(
            [.. end.SkipLast(1).Where(last => last is not PredictionEvent.Answered), measured, new PredictionEvent.Canceled()],
            CancellationToken.None))
        {
            // A client canceled the prediction before its end was recorded.
            await (undo?.Invoke() ?? Task.CompletedTask);
            await EndAsync(lease.Created, new PredictionEvent.Canceled(), measured.Value, span);
        }
        else // another attempt may make the same: nothing is undone
        {
            Lose(id, span);
        }
    }

    static string TooLong(PredictionKind kind, TimeSpan limit) => string.Create(
        CultureInfo.InvariantCulture,
        $"The prediction did not end within {limit:c} ({LimitsOptions.Section}:{nameof(LimitsOptions.RunTime)}); ")
        + (kind switch
        {
            PredictionKind.Generate => $"give a shorter {PromptSchema.Prompt}, or a smaller {PromptSchema.MaxNewTokens}.",
            PredictionKind.Train => $"give fewer {TrainingSchema.Steps} or {TrainingSchema.Epochs}, or less data.",
            _ => $"give fewer examples or test inputs, or a smaller {InputSchema.MaxInferenceStep} or {InputSchema.MaxNewTokens}.",
        });

    static IReadOnlyList<PredictionEvent> Beginning(IPredictionLease lease)
    {
        IReadOnlyList<string> lines = lease.Attempt == 1
            ? lease.Created.Plan?.Warnings ?? []
            : [$"Attempt {lease.Attempt}: the previous worker did not finish; {HowToGoOn(lease.Created)}"];
        return lines.Count == 0
            ? [new PredictionEvent.Started()]
            : [new PredictionEvent.Started(), new PredictionEvent.Logged(string.Concat(lines.Select(line => $"{line}\n")))];
    }

    static string HowToGoOn(CreatedPrediction created) => created.Plan is TrainingPlan { Input.Tuning: not null }
        ? "going on from its last checkpoint, if there is one."
        : "starting over.";

    /// <returns>The last events to record, including the end; none when the attempt was stopped before it ended.</returns>
    async Task<Outcome> AttemptAsync(IPredictionLease lease, CancellationToken stopping)
    {
        using var overtime = new CancellationTokenSource(limits.Value.RunTime, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stopping, lease.Canceled, overtime.Token);
        try
        {
            var outcome = await work.RunAsync(lease, either.Token);
            return outcome with { Events = [.. outcome.Events, new PredictionEvent.Succeeded()] };
        }
        catch (OperationCanceledException) when (lease.Canceled.IsCancellationRequested)
        {
            return new Outcome([new PredictionEvent.Canceled()]);
        }
        catch (Exception exception) when (exception is HandedBackException
            || (exception is OperationCanceledException && stopping.IsCancellationRequested))
        {
            return new Outcome([]);
        }
        catch (OperationCanceledException) when (overtime.IsCancellationRequested)
        {
            return new Outcome([new PredictionEvent.Failed(TooLong(lease.Created.Kind, limits.Value.RunTime))]);
        }
        catch (PredictionException exception)
        {
            return new Outcome([new PredictionEvent.Failed(exception.Message)]);
        }
        catch (StorageUnavailableException exception)
        {
            LogNotStored(lease.Created.Id);
            return new Outcome([new PredictionEvent.Failed(exception.Message)]);
        }
        catch (IOException exception) when (DiskSpace.IsExhausted(exception))
        {
            LogNoRoom(lease.Created.Id);
            return new Outcome([new PredictionEvent.Failed(NoRoom)]);
        }
        catch (Exception exception)
        {
            // Without the exception's message, which may quote the client's input.
            LogFailedUnexpectedly(lease.Created.Id, exception.GetType(), exception.StackTrace);
            return new Outcome([new PredictionEvent.Failed(UnexpectedFailure)]);
        }
    }

    async Task EndAsync(CreatedPrediction created, PredictionEvent end, double seconds, Activity? span)
    {
        Instruments.RecordDuration(seconds, created.Deployment);
        span?.SetEnd(end);
        LogEnded(created.Id, end.GetType().Name, seconds);
        await work.CleanUpAsync(created);
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

    [LoggerMessage(LogLevel.Warning, "Prediction {PredictionId} was returned to the queue: the worker is stopping.")]
    partial void LogHandedBack(string predictionId);

    [LoggerMessage(LogLevel.Warning, "Lost the lease of prediction {PredictionId}: another worker has taken it over, or it has ended.")]
    partial void LogLost(string predictionId);

    [LoggerMessage(LogLevel.Error, "Prediction {PredictionId} failed: could not store its results.")]
    partial void LogNotStored(string predictionId);

    [LoggerMessage(LogLevel.Error, "Prediction {PredictionId} failed: the disk of the data folder is full.")]
    partial void LogNoRoom(string predictionId);

    [LoggerMessage(LogLevel.Error, "Prediction {PredictionId} failed unexpectedly: {ExceptionType}\n{StackTrace}")]
    partial void LogFailedUnexpectedly(string predictionId, Type exceptionType, string? stackTrace);
}
