using LoraHub.Core.Predictions;

namespace LoraHub.Storage.InMemory;

sealed class InMemoryLease(InMemoryPredictions predictions, Entry entry, CreatedPrediction created, int attempt) : IPredictionLease
{
    // Never disposed: without a timer it holds no resources, and a cancellation may arrive while the lease is disposed.
    readonly CancellationTokenSource _canceled = new();

    public CreatedPrediction Created => created;

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
