using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Evaluation;

/// <summary>What decides a prediction's result. Two that are equal in it are not both run.</summary>
/// <param name="Tests">How many of the task's test lines are asked.</param>
/// <param name="Inputs">Of the method, as JSON in the order of their names.</param>
/// <param name="Seed">Null where nothing is drawn.</param>
sealed record ResultKey(string TaskDigest, int Tests, string Inputs, long? Seed, string BaseModel, string BaseDigest, string PoolDigest);

/// <summary>How one prediction of an evaluation ended: a line of <c>results.jsonl</c>.</summary>
sealed record EvaluationResult
{
    public required string Task { get; init; }

    public required string TaskSha256 { get; init; }

    public required int Tests { get; init; }

    public required string Method { get; init; }

    /// <summary>In the order of their names.</summary>
    public required JsonObject Inputs { get; init; }

    public long? Seed { get; init; }

    public required string Base { get; init; }

    public required string BaseSha256 { get; init; }

    public required string PoolSha256 { get; init; }

    /// <summary>Null when it failed.</summary>
    public AccuracyReport? Accuracy { get; init; }

    /// <summary>Null when it failed, and when nothing was searched.</summary>
    public LossReport? Loss { get; init; }

    public required double Seconds { get; init; }

    public required DateTimeOffset EndedAt { get; init; }

    /// <summary>Why it failed, or null.</summary>
    public string? Error { get; init; }

    public ResultKey Key() => new(TaskSha256, Tests, Inputs.ToJsonString(), Seed, Base, BaseSha256, PoolSha256);
}
