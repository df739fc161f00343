using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Telemetry;

/// <summary>Says of the queue what the test says.</summary>
sealed class ScriptedUpkeep(Func<QueueState> measure) : IPredictionUpkeep
{
    readonly TaskCompletionSource _asked = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public Task Asked => _asked.Task;

    public Task<IReadOnlyList<string>> OverdueAsync(DateTimeOffset now, CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([]);

    public Task<QueueState> MeasureAsync(CancellationToken cancellationToken)
    {
        _asked.TrySetResult();
        return Task.FromResult(measure());
    }
}
