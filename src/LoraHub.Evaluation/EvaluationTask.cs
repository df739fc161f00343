namespace LoraHub.Evaluation;

/// <summary>An input and its correct answer.</summary>
public sealed record TaskLine(string Input, string Target);

/// <summary>A task, with examples to adapt to and tests to measure accuracy.</summary>
/// <param name="Name">The file's name without its extension.</param>
/// <param name="Digest">SHA-256 of the file's bytes, in hexadecimal digits.</param>
/// <param name="Examples">The <see cref="ExampleCount"/> few-shot examples.</param>
/// <param name="Tests">At least one line; none of them is an example.</param>
public sealed record EvaluationTask(string Name, string Digest, IReadOnlyList<TaskLine> Examples, IReadOnlyList<TaskLine> Tests)
{
    public const int ExampleCount = 5;
}
