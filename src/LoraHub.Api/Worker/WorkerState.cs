namespace LoraHub.Api.Worker;

enum SetupStatus
{
    Starting,
    Succeeded,
    Failed,
}

/// <param name="Logs">The predictor's log of the setup.</param>
sealed record Setup(SetupStatus Status, DateTimeOffset StartedAt, DateTimeOffset? CompletedAt, string Logs);

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

    public void EndSetup(SetupStatus status, string logs)
    {
        _setup = _setup with { Status = status, CompletedAt = time.GetUtcNow(), Logs = logs };
        _setupEnded.TrySetResult();
    }
}
