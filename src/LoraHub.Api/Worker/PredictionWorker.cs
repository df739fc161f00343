using System.Text;
using LoraHub.Api.Configuration;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Worker;

/// <summary>Prepares the predictor, then does one prediction after another in each of its slots.</summary>
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
        using var either = CancellationTokenSource.CreateLinkedTokenSource(stoppingToken, stop.Begun);
        if (await PrepareAsync(either.Token))
        {
            await Task.WhenAll(Enumerable.Range(0, options.Value.Slots).Select(_ => Task.Run(() => FillSlotAsync(either.Token), CancellationToken.None)));
        }
    }

    async Task FillSlotAsync(CancellationToken stopping)
    {
        try
        {
            while (!stopping.IsCancellationRequested)
            {
                await NextAsync(stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            // Nothing more is begun.
        }
    }

    /// <summary>Does one prediction. Whatever breaks on the way, the worker goes on with the next.</summary>
    async Task NextAsync(CancellationToken stopping)
    {
        try
        {
            await using var lease = await queue.LeaseAsync(stopping);
            await WorkAsync(lease);
        }
        catch (Exception exception) when (!stopping.IsCancellationRequested)
        {
            state.Trouble = "The worker cannot take predictions from the queue; it tries again every second.";
            LogTrouble(exception.GetType(), exception.StackTrace);
            await Task.Delay(Pause, time, stopping);
            state.Trouble = null; // until the next try says otherwise
        }
    }

    async Task<bool> PrepareAsync(CancellationToken stopping)
    {
        var logs = new SetupLog();
        try
        {
            await Task.Factory.StartNew(
                () => predictor.Prepare(logs, stopping), CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
            state.EndSetup(SetupStatus.Succeeded, logs.ToString());
            LogReady();
            return true;
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
            return false;
        }
        catch (Exception exception)
        {
            logs.Log(exception is PredictionException ? exception.Message : "The setup failed unexpectedly; the service's log says more.");
            state.EndSetup(SetupStatus.Failed, logs.ToString());
            LogSetupFailed(exception);
            return false;
        }
    }

    async Task WorkAsync(IPredictionLease lease)
    {
        try
        {
            await runner.RunAsync(lease, stop.Over);
        }
        catch (Exception exception) when (!stop.Over.IsCancellationRequested)
        {
            LogLeft(lease.Prediction.Id, exception.GetType(), exception.StackTrace); // what failed is the recording, so there is no telling the client
        }
    }

    [LoggerMessage(LogLevel.Information, "The worker is ready.")]
    partial void LogReady();

    // Without its message, here and below: that may quote what is stored.
    [LoggerMessage(LogLevel.Error, "The worker cannot take predictions from the queue; it tries again: {ExceptionType}\n{StackTrace}")]
    partial void LogTrouble(Type exceptionType, string? stackTrace);

    [LoggerMessage(LogLevel.Error, "The worker cannot start: the predictor's setup failed.")]
    partial void LogSetupFailed(Exception exception);

    [LoggerMessage(LogLevel.Error, "Prediction {PredictionId} was left: what happened to it could not be recorded: {ExceptionType}\n{StackTrace}")]
    partial void LogLeft(string predictionId, Type exceptionType, string? stackTrace);

    /// <summary>Collects what is said during setup; there is no prediction yet to record it.</summary>
    sealed class SetupLog : IPredictionProgress
    {
        readonly StringBuilder _text = new();

        public void Log(string line) => _text.Append(line).Append('\n');

        public void Measure(string name, double value)
        {
        }

        public void Compose(IReadOnlyList<ModuleUse> modules)
        {
        }

        public override string ToString() => _text.ToString();
    }
}
