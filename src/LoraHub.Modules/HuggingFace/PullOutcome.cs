namespace LoraHub.Modules.HuggingFace;

/// <summary>What became of one model or module that was to be brought.</summary>
abstract record PullOutcome(string Id)
{
    /// <param name="Commit">Of the hub.</param>
    /// <param name="Quarantine">Why predictions refuse it for now, or null.</param>
    public sealed record Brought(string Id, string Commit, long Bytes, string? Quarantine = null) : PullOutcome(Id);

    /// <param name="Note">Which one is here.</param>
    public sealed record Here(string Id, string Note) : PullOutcome(Id);

    public sealed record Failed(string Id, string Reason) : PullOutcome(Id);
}

/// <summary>Is told how a pull goes, from many threads at once.</summary>
interface IPullProgress
{
    /// <summary>So many models or modules are to be brought.</summary>
    void Found(int count);

    /// <summary>The files of one have so many bytes.</summary>
    void Started(string id, long bytes);

    /// <summary>So many more of them are here; fewer, when a file starts over.</summary>
    void Received(string id, long bytes);

    void Ended(PullOutcome outcome);
}
