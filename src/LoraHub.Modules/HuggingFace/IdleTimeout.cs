namespace LoraHub.Modules.HuggingFace;

/// <summary>Cancels its token when nothing has been received for the given time.</summary>
sealed class IdleTimeout : IDisposable
{
    readonly TimeSpan _limit;
    readonly CancellationToken _cancellationToken;
    readonly CancellationTokenSource _timeout;
    readonly CancellationTokenSource _linked;

    public IdleTimeout(TimeSpan limit, TimeProvider time, CancellationToken cancellationToken)
    {
        _limit = limit;
        _cancellationToken = cancellationToken;
        _timeout = new CancellationTokenSource(limit, time);
        _linked = CancellationTokenSource.CreateLinkedTokenSource(_timeout.Token, cancellationToken);
    }

    public CancellationToken Token => _linked.Token;

    /// <summary>Restarts the timeout.</summary>
    public void Renew() => _timeout.CancelAfter(_limit);

    /// <summary>Waits for data from the Hub. Timeouts and broken connections are transient errors.</summary>
    /// <exception cref="TransientHubException">Nothing arrived in time, or the connection broke.</exception>
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
            throw new TransientHubException($"The Hub sent nothing for {_limit:c}.", exception);
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException)
        {
            throw new TransientHubException("The connection to the Hub broke.", exception);
        }
    }

    public void Dispose()
    {
        _linked.Dispose();
        _timeout.Dispose();
    }
}
