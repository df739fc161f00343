using LoraHub.Evaluation;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Commands;

/// <summary>What the command line of <c>lorahub evaluate</c> asks for.</summary>
sealed record EvaluateRequest(
    string Folder,
    IReadOnlyList<string> Methods,
    IReadOnlyList<long> Seeds,
    string Output,
    string? Base,
    int? Limit,
    string? Draws,
    int ExampleDraws,
    string? Against,
    int Parallel,
    IReadOnlyList<string> Inputs)
{
    public const int MaxExampleDraws = 100, MaxParallel = 64;

    /// <exception cref="EvaluationException">A number is out of its range, or a name cannot be used.</exception>
    public void Check()
    {
        if (Base is { } id && ModelId.Find(id) is null)
        {
            throw new EvaluationException($"--base: `{id}` is not owner/name.");
        }

        if (Limit < 1)
        {
            throw new EvaluationException($"--limit: {Limit} test lines are too few; use at least 1.");
        }

        if (ExampleDraws is < 1 or > MaxExampleDraws)
        {
            throw new EvaluationException($"--example-draws: use 1 to {MaxExampleDraws} draws of the examples, not {ExampleDraws}.");
        }

        if (Parallel is < 1 or > MaxParallel)
        {
            throw new EvaluationException($"--parallel: use 1 to {MaxParallel} predictions side by side, not {Parallel}.");
        }

        if (File.Exists(Output))
        {
            throw new EvaluationException($"--output: `{Output}` is a file; name a folder.");
        }

        if (FullPath(Folder) == FullPath(Output))
        {
            throw new EvaluationException(
                $"--output: `{Output}` is the folder of the tasks, where the results would be read as tasks; name another folder.");
        }
    }

    static string FullPath(string path) => Path.GetFullPath(path).TrimEnd(Path.DirectorySeparatorChar);
}
