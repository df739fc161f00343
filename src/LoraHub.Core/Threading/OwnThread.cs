namespace LoraHub.Core.Threading;

/// <summary>Runs long synchronous work on a dedicated thread.</summary>
public static class OwnThread
{
    // Tensor code keeps thread-local state (dispose scopes, grad mode), so the work must stay on one thread and must not await.

    /// <param name="work">The work; it checks for cancellation itself once it runs.</param>
    /// <param name="cancellationToken">Cancels work that has not started.</param>
    public static Task<T> RunAsync<T>(Func<T> work, CancellationToken cancellationToken = default) =>
        Task.Factory.StartNew(work, cancellationToken, TaskCreationOptions.LongRunning, TaskScheduler.Default);

    /// <inheritdoc cref="RunAsync{T}(Func{T}, CancellationToken)"/>
    public static Task RunAsync(Action work, CancellationToken cancellationToken = default) => RunAsync(
        () =>
        {
            work();
            return true;
        },
        cancellationToken);
}
