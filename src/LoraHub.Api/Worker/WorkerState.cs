namespace LoraHub.Api.Worker;

enum SetupStatus
{
    Starting,
    Succeeded,
    Failed,
}

/// <param name="Logs">What the predictor said while it loaded; one line each.</param>
sealed record Setup(SetupStatus Status, DateTimeOffset StartedAt, DateTimeOffset? CompletedAt, string Logs);

/// <summary>What the worker is doing, for whoever asks while it does it.</summary>
sealed class WorkerState(TimeProvider time)
{
    volatile Setup _setup = new(SetupStatus.Starting, time.GetUtcNow(), null, "");
    readonly TaskCompletionSource _setupEnded = new(TaskCreationOptions.RunContinuationsAsynchronously);
    volatile string? _trouble;

    public Setup Setup => _setup;

    /// <summary>Completes when the setup has ended, well or not.</summary>
    public Task SetupEnded => _setupEnded.Task;

    /// <summary>Why predictions wait though the model is loaded, or null; gone as soon as they no longer do.</summary>
    public string? Trouble
    {
        get => _trouble;
        set => _trouble = value;
    }

    public void EndSetup(SetupStatus status, string logs)
    {
        _setup = _setup with { Status = status, CompletedAt = time.GetUtcNow(), Logs = logs };
        _setupEnded.TrySetResult();
    }
}
