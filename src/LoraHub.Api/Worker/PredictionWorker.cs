using System.Text;
using LoraHub.Core.Predictions;
using LoraHub.Core.Threading;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Worker;

/// <summary>
/// Prepares the predictor, then runs predictions: as many compositions and trainings as it has slots, and as many prompts as it has rows.
/// </summary>
sealed partial class PredictionWorker(
    IPredictor predictor,
    IPredictionQueue queue,
    PredictionRunner runner,
    WorkerState state,
    GracefulStop stop,
    IOptions<WorkerOptions> options,
    TimeProvider time,
    ILogger<PredictionWorker> logger) : BackgroundService
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, stop.Requested);
        if (await PrepareAsync(either.Token))
        {
            await Task.WhenAll(
                RunAsync([PredictionKind.Compose, PredictionKind.Train], options.Value.Slots, either.Token),
                RunAsync([PredictionKind.Generate], options.Value.Rows, either.Token));
        }
    }

    /// <summary>
    /// Runs predictions in the order of their queues, so many at the same time, until the worker stops and those that run have ended.
    /// </summary>
    async Task RunAsync(PredictionKind[] kinds, int places, CancellationToken stopping)
    {
        var (running, leased) = (new List<Task>(places), new Queue<IPredictionLease>());
        try
        {
            while (places > 0)
            {
                if (running.Count == places)
                {
                    await Task.WhenAny(running);
                }

                running.RemoveAll(one => one.IsCompleted);
                if (!leased.TryDequeue(out var lease))
                {
                    // Of several kinds one at a time: another kind may have the older one.
                    leased = await LeaseAnyAsync(kinds, most: kinds.Length > 1 ? 1 : places - running.Count, stopping);
                    lease = leased.Dequeue();
                }

                running.Add(Task.Run(() => RunAsync(lease), CancellationToken.None));
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Leases no further prediction.
        }

        foreach (var lease in leased)
        {
            await lease.DisposeAsync();
        }

        await Task.WhenAll(running);
    }

    /// <summary>Waits for the next predictions of any of these kinds.</summary>
    /// <param name="most">Of each kind.</param>
    /// <returns>At least one, the oldest first. More than one, if another queue had one before its wait was canceled.</returns>
    async Task<Queue<IPredictionLease>> LeaseAnyAsync(PredictionKind[] kinds, int most, CancellationToken stopping)
    {
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(stopping);
        var waits = kinds.Select(kind => LeaseAsync(kind, most, enough.Token)).ToArray();
        await Task.WhenAny(waits);
        await enough.CancelAsync();
        await Task.WhenAll(waits.Cast<Task>()).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        var leases = await Task.WhenAll(waits.Where(wait => wait.IsCompletedSuccessfully));
        return leases.Length > 0
            ? new Queue<IPredictionLease>(leases.SelectMany(some => some).OrderBy(lease => lease.Created.CreatedAt))
            : throw new OperationCanceledException(stopping);
    }

    /// <summary>Waits for the next predictions. After an error it waits a second and tries again.</summary>
    async Task<IReadOnlyList<IPredictionLease>> LeaseAsync(PredictionKind kind, int most, CancellationToken stopping)
    {
        while (true)
        {
            try
            {
                return await queue.LeaseAsync(kind, most, stopping);
            }
            catch (Exception exception) when (!stopping.IsCancellationRequested)
            {
                var pause = Task.Delay(Pause, time, stopping); // from the error on, not from when it has been reported
                state.Problem = "The worker cannot lease predictions from the queue; it retries every second.";
                LogLeaseFailed(exception.GetType(), exception.StackTrace);
                await pause;
                state.Problem = null; // the next error sets it again
            }
        }
    }

    async Task<bool> PrepareAsync(CancellationToken stopping)
    {
        var logs = new SetupLog();
        try
        {
            await OwnThread.RunAsync(() => predictor.Prepare(logs, stopping), CancellationToken.None);
            state.EndSetup(SetupStatus.Succeeded, logs.ToString());
            LogReady(logs.ToString().TrimEnd().ReplaceLineEndings(" "));
            return true;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return false;
        }
        catch (PredictionException exception)
        {
            LogSetupFailed(exception.Message); // first: who sees the state may look for its reason
            Fail(exception.Message);
            return false;
        }
        catch (Exception exception)
        {
            LogSetupFailedUnexpectedly(exception);
            Fail("The setup failed unexpectedly; see the service's log.");
            return false;
        }

        void Fail(string reason)
        {
            logs.Log(reason);
            state.EndSetup(SetupStatus.Failed, logs.ToString(), reason);
        }
    }

    async Task RunAsync(IPredictionLease lease)
    {
        try
        {
            await using (lease)
            {
                await runner.RunAsync(lease, stop.Over);
            }
        }
        catch (Exception exception)
        {
            // The recording itself failed, so the error cannot be recorded for the client.
            LogAbandoned(lease.Created.Id, exception.GetType(), exception.StackTrace);
        }
    }

    [LoggerMessage(LogLevel.Information, "The worker is ready. {Setup}")]
    partial void LogReady(string setup);

    // Here and below without the exception's message, which may quote stored data.
    [LoggerMessage(LogLevel.Error, "Could not lease a prediction from the queue; retrying: {ExceptionType}\n{StackTrace}")]
    partial void LogLeaseFailed(Type exceptionType, string? stackTrace);

    [LoggerMessage(LogLevel.Error, "The worker cannot run predictions: {Reason}")]
    partial void LogSetupFailed(string reason);

    [LoggerMessage(LogLevel.Error, "The worker cannot run predictions: the setup failed unexpectedly.")]
    partial void LogSetupFailedUnexpectedly(Exception exception);

    [LoggerMessage(LogLevel.Error, "Abandoned prediction {PredictionId}: could not record its events: {ExceptionType}\n{StackTrace}")]
    partial void LogAbandoned(string predictionId, Type exceptionType, string? stackTrace);

    /// <summary>Collects the log of the setup, which belongs to no prediction.</summary>
    sealed class SetupLog : IPredictionProgress
    {
        readonly StringBuilder _text = new();

        public void Log(string line) => _text.Append(line).Append('\n');

        public void Measure(string name, double value)
        {
        }

        public override string ToString() => _text.ToString();
    }
}
