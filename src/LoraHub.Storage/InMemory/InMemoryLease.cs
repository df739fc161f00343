using LoraHub.Core.Predictions;

namespace LoraHub.Storage.InMemory;

sealed class InMemoryLease(InMemoryPredictions predictions, Entry entry, Prediction prediction, int attempt) : IPredictionLease
{
    // Never disposed: without a timer it holds nothing, and a cancellation may come while the worker is leaving.
    readonly CancellationTokenSource _canceled = new();

    public Prediction Prediction => prediction;

    public int Attempt => attempt;

    public CancellationToken Canceled => _canceled.Token;

    public Task<bool> AppendAsync(IReadOnlyList<PredictionEvent> happened, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        return Task.FromResult(predictions.Append(entry, this, happened));
    }

    public ValueTask DisposeAsync()
    {
        predictions.Release(entry, this);
        return ValueTask.CompletedTask;
    }

    public Task CancelAsync() => _canceled.CancelAsync();
}
