namespace LoraHub.Formats.Tensors;

/// <summary>
/// A checkpoint cannot be read. The message names the file without its folder, which clients must not see, the problem and how to fix it.
/// </summary>
public sealed class CheckpointException(string file, string problem, Exception? innerException = null)
    : Exception($"{Path.GetFileName(file)}: {Shorten(problem)}", innerException)
{
    // Names in messages come from the file and may be megabytes long.
    const int MaxLength = 1000;

    /// <summary>The file or folder, as passed by the caller.</summary>
    public string File { get; } = file;

    static string Shorten(string problem) => problem.Length <= MaxLength ? problem : problem[..MaxLength] + "…";
}
