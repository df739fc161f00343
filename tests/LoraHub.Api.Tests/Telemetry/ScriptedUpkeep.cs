using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Telemetry;

/// <summary>Returns the queue states of the test.</summary>
sealed class ScriptedUpkeep(Func<PredictionKind, QueueState> measure) : IPredictionUpkeep
{
    readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Asked => _asked.Task;

    public Task<IReadOnlyList<string>> OverdueAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
        Task.FromResult<IReadOnlyList<string>>([]);

    public Task<QueueState> MeasureAsync(PredictionKind kind, CancellationToken cancellationToken)
    {
        _asked.TrySetResult();
        return Task.FromResult(measure(kind));
    }
}
