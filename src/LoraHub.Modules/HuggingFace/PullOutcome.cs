namespace LoraHub.Modules.HuggingFace;

/// <summary>The outcome of downloading one model or module.</summary>
abstract record PullOutcome(string Id)
{
    /// <param name="Commit">The commit on the Hub.</param>
    /// <param name="Quarantine">Why the module is quarantined, or null.</param>
    public sealed record Downloaded(string Id, string Commit, long Bytes, string? Quarantine = null) : PullOutcome(Id);

    /// <param name="Note">Which revision or folder it is.</param>
    public sealed record AlreadyHere(string Id, string Note) : PullOutcome(Id);

    public sealed record Failed(string Id, string Reason) : PullOutcome(Id);
}

/// <summary>Receives the progress of a pull. Called from several threads at once.</summary>
interface IPullProgress
{
    /// <summary>The number of models or modules to download.</summary>
    void Found(int count);

    /// <summary>The download of a model started; its files have this many bytes.</summary>
    void Started(string id, long bytes);

    /// <summary>More bytes arrived; negative when a file restarts.</summary>
    void Received(string id, long bytes);

    void Ended(PullOutcome outcome);
}
