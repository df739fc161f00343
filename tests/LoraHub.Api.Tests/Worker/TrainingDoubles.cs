using System.Collections.Concurrent;
using LoraHub.Core.Predictions;
using LoraHub.Core.Trainings;
using Microsoft.Extensions.Hosting;

namespace LoraHub.Api.Tests.Worker;

/// <summary>A lease that is interrupted before the output is recorded.</summary>
/// <param name="interrupt">What happens; null if the lease is lost.</param>
sealed class InterruptedLease(IPredictionLease lease, Func<Task>? interrupt) : IPredictionLease
{
    bool _isLost;

    public CreatedPrediction Created => lease.Created;

    public int Attempt => lease.Attempt;

    public CancellationToken Canceled => CancellationToken.None;

    public async Task<bool> AppendAsync(IReadOnlyList<PredictionEvent> happened, CancellationToken cancellationToken)
    {
        if (happened.Any(one => one is PredictionEvent.Answered))
        {
            _isLost = interrupt is null;
            await (interrupt?.Invoke() ?? Task.CompletedTask);
        }

        return !_isLost && await lease.AppendAsync(happened, cancellationToken);
    }

    public ValueTask DisposeAsync() => lease.DisposeAsync();
}

/// <summary>Checkpoints in memory.</summary>
sealed class KeptCheckpoints : ITrainingCheckpoints
{
    readonly ConcurrentDictionary<string, byte[]> _kept = new(StringComparer.Ordinal);

    public Exception? Problem { get; set; }

    public async Task SaveAsync(string trainingId, Stream content, CancellationToken cancellationToken)
    {
        if (Problem is not null)
        {
            throw Problem;
        }

        using var copy = new MemoryStream();
        await content.CopyToAsync(copy, cancellationToken);
        _kept[trainingId] = copy.ToArray();
    }

    public Task<Stream?> OpenAsync(string trainingId, CancellationToken cancellationToken) =>
        Task.FromResult<Stream?>(_kept.TryGetValue(trainingId, out var content) ? new MemoryStream(content) : null);

    public Task DeleteAsync(string trainingId, CancellationToken cancellationToken)
    {
        _kept.TryRemove(trainingId, out _);
        return Task.CompletedTask;
    }

    public Task<IReadOnlyList<string>> ListAsync(CancellationToken cancellationToken) => Task.FromResult<IReadOnlyList<string>>([.. _kept.Keys]);
}

/// <summary>A service that the test asks to stop.</summary>
sealed class Lifetime : IHostApplicationLifetime, IDisposable
{
    readonly CancellationTokenSource _stopping = new();

    public CancellationToken ApplicationStarted => CancellationToken.None;

    public CancellationToken ApplicationStopping => _stopping.Token;

    public CancellationToken ApplicationStopped => CancellationToken.None;

    public void StopApplication() => _stopping.Cancel();

    public void Dispose() => _stopping.Dispose();
}
