namespace LoraHub.Core.Threading;

/// <summary>Repeats work at an interval, one run at a time.</summary>
public static class Periodic
{
    /// <param name="interval">The time between the starts of two runs. If a run takes longer, the next one starts immediately.</param>
    /// <param name="onError">Receives the exceptions of runs; the loop continues. If null, the first exception ends the loop and is thrown.</param>
    /// <param name="firstAtOnce">Whether the first run starts immediately instead of after the first interval.</param>
    /// <param name="stopping">Ends the loop without an exception.</param>
    public static async Task RunAsync(
        TimeSpan interval,
        TimeProvider time,
        Func<CancellationToken, Task> run,
        Action<Exception>? onError,
        bool firstAtOnce,
        CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(interval, time);
        try
        {
            if (firstAtOnce)
            {
                await RunAsync(run, onError, stopping);
            }

            while (await timer.WaitForNextTickAsync(stopping))
            {
                await RunAsync(run, onError, stopping);
            }
        }
        catch (OperationCanceledException) when (stopping.IsCancellationRequested)
        {
        }
    }

    static async Task RunAsync(Func<CancellationToken, Task> run, Action<Exception>? onError, CancellationToken stopping)
    {
        try
        {
            await run(stopping);
        }
        catch (Exception exception) when (onError is not null && !stopping.IsCancellationRequested)
        {
            onError(exception);
        }
    }
}
