namespace LoraHub.Modules.HuggingFace;

/// <summary>Ends when nothing has happened for so long.</summary>
sealed class IdleTimeout : IDisposable
{
    readonly TimeSpan _limit;
    readonly CancellationToken _cancellationToken;
    readonly CancellationTokenSource _silence;
    readonly CancellationTokenSource _either;

    public IdleTimeout(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        _limit = limit;
        _cancellationToken = cancellationToken;
        _silence = new CancellationTokenSource(limit, time);
        _either = CancellationTokenSource.CreateLinkedTokenSource(_silence.Token, cancellationToken);
    }

    public CancellationToken Token => _either.Token;

    /// <summary>Something has happened.</summary>
    public void Renew() => _silence.CancelAfter(_limit);

    /// <summary>Waits for what the hub sends; what breaks on the way may be whole the next time.</summary>
    /// <exception cref="TransientHubException">Nothing came in time, or the connection broke.</exception>
    public async Task<T> WaitAsync<T>(Func<CancellationToken, Task<T>> receiveAsync)
    {
        try
        {
            var received = await receiveAsync(Token);
            Renew();
            return received;
        }
        catch (OperationCanceledException exception) when (!_cancellationToken.IsCancellationRequested)
        {
            throw new TransientHubException($"The hub was silent for {_limit:c}.", exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new TransientHubException("The connection to the hub broke.", exception);
        }
    }

    public void Dispose()
    {
        _either.Dispose();
        _silence.Dispose();
    }
}
