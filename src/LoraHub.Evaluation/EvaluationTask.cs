namespace LoraHub.Evaluation;

/// <summary>An input and its correct answer.</summary>
public sealed record TaskLine(string Input, string Target);

/// <summary>A task, with examples to adapt to and tests to measure accuracy.</summary>
/// <param name="Name">The file's name without its extension.</param>
/// <param name="Digest">SHA-256 of the file's bytes, in hexadecimal digits. The same for all draws.</param>
/// <param name="Examples">The <see cref="ExampleCount"/> few-shot examples.</param>
/// <param name="Tests">At least one line; none of them is an example.</param>
public sealed record EvaluationTask(string Name, string Digest, IReadOnlyList<TaskLine> Examples, IReadOnlyList<TaskLine> Tests)
{
    public const int ExampleCount = 5;

    /// <summary>Several draws need this many lines: with fewer, two draws would often share most of their examples.</summary>
    public const int LinesForDraws = 2 * ExampleCount;

    /// <summary>Which draw of the examples this is; 0 has those that the file gives.</summary>
    public int Draw { get; init; }

    /// <summary>The same task with other examples, drawn at random from all lines.</summary>
    /// <param name="draw">The seed of the draw; 0 returns the task itself.</param>
    public EvaluationTask Redraw(int draw)
    {
        if (draw == 0)
        {
            return this;
        }

        var lines = Examples.Concat(Tests).ToList();
        new PythonRandom((ulong)draw).Shuffle(lines); // the tests stay shuffled too, so that a limit takes a random sample
        return this with { Draw = draw, Examples = [.. lines.Take(ExampleCount)], Tests = [.. lines.Skip(ExampleCount)] };
    }
}
