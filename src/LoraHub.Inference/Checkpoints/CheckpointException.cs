namespace LoraHub.Inference.Checkpoints;

/// <summary>A checkpoint cannot be read. The message names the file without its folder, what is wrong with it, and what would be right.</summary>
public sealed class CheckpointException(string file, string problem, Exception? innerException = null)
    : Exception($"{Path.GetFileName(file)}: {problem}", innerException)
{
    /// <summary>The file or folder, as it was given.</summary>
    public string File { get; } = file;
}
