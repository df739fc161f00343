using LoraHub.Core;
using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Embedded;

sealed class EmbeddedLease(EmbeddedQueue queue, CreatedPrediction created, int attempt, TimeProvider time) : IPredictionLease
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Never disposed: without a timer it holds no resources, and a cancellation may arrive while the lease is disposed.
    readonly CancellationTokenSource _canceled = new();

    /// <summary>Unique among leases.</summary>
    public string Name { get; } = Guid.NewGuid().ToString("n");

    public CreatedPrediction Created => created;

    public int Attempt => attempt;

    public CancellationToken Canceled => _canceled.Token;

    public async Task<bool> AppendAsync(IReadOnlyList<PredictionEvent> happened, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await queue.AppendAsync(this, happened, cancellationToken);
            }
            catch (StorageUnavailableException)
            {
                await Task.Delay(Pause, time, cancellationToken); // for example a full disk: wait instead of discarding the work
            }
        }
    }

    public async ValueTask DisposeAsync() => await queue.ReleaseAsync(this);

    public Task CancelAsync() => _canceled.CancelAsync();
}
