using LoraHub.Core;
using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Embedded;

sealed class EmbeddedLease(EmbeddedQueue queue, Prediction prediction, int attempt, TimeProvider time) : IPredictionLease
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    // Never disposed: without a timer it holds nothing, and a cancellation may come while the worker is leaving.
    readonly CancellationTokenSource _canceled = new();

    /// <summary>No other lease has this name.</summary>
    public string Name { get; } = Guid.NewGuid().ToString("n");

    public Prediction Prediction => prediction;

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
                await Task.Delay(Pause, time, cancellationToken); // a full disk: what was done is not thrown away for that
            }
        }
    }

    public async ValueTask DisposeAsync() => await queue.ReleaseAsync(this);

    public Task CancelAsync() => _canceled.CancelAsync();
}
