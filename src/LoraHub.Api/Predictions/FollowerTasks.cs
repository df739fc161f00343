using System.Collections.Concurrent;

namespace LoraHub.Api.Predictions;

/// <summary>Tracks the background tasks of <see cref="IPredictionFollower"/>s until they complete.</summary>
sealed class FollowerTasks
{
    readonly ConcurrentDictionary<Task, bool> _running = [];

    /// <summary>The number of running tasks.</summary>
    public int Count => _running.Count;

    /// <param name="run">The task. It must handle its own errors.</param>
    public void Start(Func<Task> run)
    {
        Task task;
        using (ExecutionContext.SuppressFlow()) // the task outlives the request and must not capture its context
        {
            task = run();
        }

        _running[task] = true;
        _ = task.ContinueWith(
            ended => _running.TryRemove(ended, out _),
            CancellationToken.None,
            TaskContinuationOptions.ExecuteSynchronously,
            TaskScheduler.Default);
    }

    /// <summary>Completes when all tasks have completed, including those that they start.</summary>
    public async Task WhenAllAsync()
    {
        while (!_running.IsEmpty)
        {
            await Task.WhenAll(_running.Keys);
        }
    }
}
