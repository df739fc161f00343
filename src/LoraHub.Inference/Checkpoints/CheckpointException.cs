namespace LoraHub.Inference.Checkpoints;

/// <summary>
/// A checkpoint cannot be read. The message names the file without its folder, which is the service's own affair, what is wrong with it, and what
/// would be right.
/// </summary>
public sealed class CheckpointException(string file, string problem, Exception? innerException = null)
    : Exception($"{Path.GetFileName(file)}: {Shorten(problem)}", innerException)
{
    // Names in a message come from the file and may be megabytes long.
    const int MaxLength = 1000;

    /// <summary>The file or folder, as it was given.</summary>
    public string File { get; } = file;

    static string Shorten(string problem) => problem.Length <= MaxLength ? problem : problem[..MaxLength] + "…";
}
