namespace LoraHub.Storage.Distributed.Modules;

/// <summary>A check that its callers share: each gets one that begins after its call, and one begins at most once in an interval.</summary>
sealed class SharedCheck(TimeSpan interval, TimeProvider time)
{
    readonly Lock _lock = new();
    Task? _next; // has not begun
    long? _begun; // when the last one began

    /// <param name="check">Runs to its end, even if the caller no longer waits for it; those of all callers must do the same.</param>
    public Task RunAsync(Func<Task> check, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            _next ??= BeginAsync(check);
            return _next.WaitAsync(cancellationToken);
        }
    }

    async Task BeginAsync(Func<Task> check)
    {
        await Task.CompletedTask.ConfigureAwait(ConfigureAwaitOptions.ForceYielding); // until the task is known to the others
        if (_begun is { } last && interval - time.GetElapsedTime(last) is { Ticks: > 0 } rest)
        {
            await Task.Delay(rest, time);
        }

        lock (_lock)
        {
            (_next, _begun) = (null, time.GetTimestamp());
        }

        await check();
    }
}
