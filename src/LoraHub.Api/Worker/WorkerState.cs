namespace LoraHub.Api.Worker;

enum SetupStatus
{
    Starting,
    Succeeded,
    Failed,
}

/// <param name="Logs">The predictor's log of the setup.</param>
/// <param name="Error">Why it failed and how to fix that, or null.</param>
sealed record Setup(SetupStatus Status, DateTimeOffset StartedAt, DateTimeOffset? CompletedAt, string Logs, string? Error = null);

/// <summary>The worker's state, for health checks.</summary>
sealed class WorkerState(TimeProvider time)
{
    volatile Setup _setup = new(SetupStatus.Starting, time.GetUtcNow(), null, "");
    readonly TaskCompletionSource _setupEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    volatile string? _problem;

    public Setup Setup => _setup;

    /// <summary>Completes when the setup has succeeded or failed.</summary>
    public Task SetupEnded => _setupEnded.Task;

    /// <summary>Why predictions wait although the model is loaded, or null.</summary>
    public string? Problem
    {
        get => _problem;
        set => _problem = value;
    }

    public void EndSetup(SetupStatus status, string logs, string? error = null)
    {
        _setup = _setup with { Status = status, CompletedAt = time.GetUtcNow(), Logs = logs, Error = error };
        _setupEnded.TrySetResult();
    }
}
