namespace LoraHub.Api.Evaluation;

/// <summary>An input and its right answer.</summary>
sealed record TaskLine(string Input, string Target);

/// <summary>A task to adapt to and to be tested on.</summary>
/// <param name="Name">The file's, without its ending.</param>
/// <param name="Digest">SHA-256 of the file's bytes, in hexadecimal digits.</param>
/// <param name="Examples">The few-shot examples, <see cref="ExampleCount"/> of them.</param>
/// <param name="Tests">At least one; none of them is an example.</param>
sealed record EvaluationTask(string Name, string Digest, IReadOnlyList<TaskLine> Examples, IReadOnlyList<TaskLine> Tests)
{
    public const int ExampleCount = 5;
}
