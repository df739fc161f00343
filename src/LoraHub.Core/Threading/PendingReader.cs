namespace LoraHub.Core.Threading;

/// <summary>
/// Reads an asynchronous sequence and keeps the next element pending, so that a reader can wait for it with a timeout or alongside other tasks.
/// An enumerator must not be disposed during a move, so disposing this cancels the pending move and awaits it first.
/// </summary>
public sealed class PendingReader<T> : IAsyncDisposable
{
    readonly CancellationTokenSource _stopping;
    readonly IAsyncEnumerator<T> _items;

    /// <summary>Starts reading.</summary>
    public PendingReader(IAsyncEnumerable<T> source, CancellationToken cancellationToken)
    {
        _stopping = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        _items = source.GetAsyncEnumerator(_stopping.Token);
        Next = _items.MoveNextAsync().AsTask();
    }

    /// <summary>Completes with true when the next element is available, with false at the end of the sequence.</summary>
    public Task<bool> Next { get; private set; }

    /// <summary>Returns the element that <see cref="Next"/> found and starts waiting for the following one.</summary>
    public T Take()
    {
        var item = _items.Current;
        Next = _items.MoveNextAsync().AsTask();
        return item;
    }

    public async ValueTask DisposeAsync()
    {
        await _stopping.CancelAsync();
        await ((Task)Next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        await _items.DisposeAsync();
        _stopping.Dispose();
    }
}
