using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;

namespace LoraHub.Evaluation;

/// <summary>Everything that determines a prediction's result. Of several predictions with the same key, only one runs.</summary>
/// <param name="Conditions">What all predictions of a run share.</param>
public sealed record ResultKey(ResultQuestion Question, ResultConditions Conditions);

/// <summary>What a prediction of an evaluation asks.</summary>
/// <param name="Tests">The number of the task's test lines in use.</param>
/// <param name="Inputs">The method's inputs as JSON, sorted by name.</param>
/// <param name="Draw">The draw of the task's examples.</param>
/// <param name="Seed">Null for a method that draws nothing.</param>
public sealed record ResultQuestion(string TaskDigest, int Draw, int Tests, string Inputs, long? Seed, string BaseModel);

/// <summary>What the result depends on besides the question. A result that was stored under other conditions is not reused.</summary>
/// <param name="BaseDigest">SHA-256 of the base model's files.</param>
/// <param name="PoolDigest">SHA-256 of the modules' ids, shapes and files.</param>
/// <param name="Machine">The processor, system, device, threads and precision.</param>
/// <param name="Program">The program's version.</param>
public sealed record ResultConditions(string BaseDigest, string PoolDigest, string Machine, string Program);

/// <summary>The result of one prediction: a line of <c>results.jsonl</c>.</summary>
public sealed record EvaluationResult
{
    public required string Task { get; init; }

    public required string TaskSha256 { get; init; }

    /// <summary>The draw of the examples. A version of the program that did not record it knew only draw 0.</summary>
    public int Draw { get; init; }

    public required int Tests { get; init; }

    public required string Method { get; init; }

    /// <summary>The method's inputs, sorted by name.</summary>
    public required JsonObject Inputs { get; init; }

    public long? Seed { get; init; }

    public required string Base { get; init; }

    public required string BaseSha256 { get; init; }

    public required string PoolSha256 { get; init; }

    /// <summary>Empty in a result of a version of the program that did not record it.</summary>
    public string Machine { get; init; } = "";

    /// <inheritdoc cref="Machine"/>
    public string Program { get; init; } = "";

    /// <summary>Null when the prediction failed.</summary>
    public AccuracyReport? Accuracy { get; init; }

    /// <summary>Null when the prediction failed or made no search.</summary>
    public LossReport? Loss { get; init; }

    /// <summary>The gradient steps after the search.</summary>
    public int TuningSteps { get; init; }

    /// <summary>Exact match of each control in percent, by its name in the output; null without controls.</summary>
    public IReadOnlyDictionary<string, double>? Controls { get; init; }

    public required double Seconds { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>Why the prediction failed, or null.</summary>
    public string? Error { get; init; }

    public ResultKey Key() => new(
        new ResultQuestion(TaskSha256, Draw, Tests, Inputs.ToJsonString(), Seed, Base),
        new ResultConditions(BaseSha256, PoolSha256, Machine, Program));
}
