using System.Collections.Concurrent;

namespace LoraHub.Api.Predictions;

/// <summary>What <see cref="IPredictionFollower"/>s do beside the requests that they were told of, until it has ended.</summary>
sealed class FollowerTasks
{
    readonly ConcurrentDictionary<Task, bool> _running = [];

    /// <summary>How many have not ended.</summary>
    public int Count => _running.Count;

    /// <param name="run">Handles its own errors.</param>
    public void Start(Func<Task> run)
    {
        Task task;
        using (ExecutionContext.SuppressFlow()) // it outlives the request and keeps nothing of it
        {
            task = run();
        }

        _running[task] = true;
        _ = task.ContinueWith(ended => _running.TryRemove(ended, out _), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
    }

    /// <summary>Ends when all that run now have ended.</summary>
    public Task WhenAllAsync() => Task.WhenAll(_running.Keys);
}
