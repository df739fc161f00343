using System.Text.Json;
using LoraHub.Api.Cog.Document;
using LoraHub.Api.Models;
using LoraHub.Api.Replicate.Predictions;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Replicate.Models;

/// <summary>A model in Replicate's JSON: the composer, a base model or a module.</summary>
public sealed record ReplicateModel
{
    public required string Url { get; init; }

    public required string Owner { get; init; }

    public required string Name { get; init; }

    public string? Description { get; init; }

    /// <summary><c>public</c> or <c>private</c>, as it was created. Every token can see and call the model.</summary>
    public string Visibility { get; init; } = "public";

    public string? GithubUrl { get; init; }

    public string? PaperUrl { get; init; }

    public string? LicenseUrl { get; init; }

    public string? WeightsUrl { get; init; }

    /// <summary>
    /// For a module, the number of successful predictions that used its current version; otherwise the number of predictions created since the
    /// service started.
    /// </summary>
    public required long RunCount { get; init; }

    public string? CoverImageUrl { get; init; }

    /// <summary>For a module, the first example of its card.</summary>
    public ReplicatePrediction? DefaultExample { get; init; }

    /// <summary>Null while no version has been published.</summary>
    public required ReplicateVersion? LatestVersion { get; init; }

    /// <param name="runCount">See <see cref="RunCount"/>.</param>
    internal static ReplicateModel From(CallableModel model, string origin, long runCount) => new()
    {
        Url = $"{origin}/v1/models/{model.Name}",
        Owner = model.Owner,
        Name = model.Name[(model.Owner.Length + 1)..],
        Description = ModelText.DescriptionOf(model),
        Visibility = model.Entry?.Visibility ?? "public",
        GithubUrl = model.IsComposer ? "https://github.com/sail-sg/lorahub" : model.Entry?.GithubUrl,
        PaperUrl = model.IsComposer ? "https://arxiv.org/abs/2307.13269" : model.Entry?.PaperUrl,
        LicenseUrl = model.Entry?.LicenseUrl,
        WeightsUrl = model.Entry?.WeightsUrl,
        CoverImageUrl = model.Entry?.CoverImageUrl,
        RunCount = runCount,
        LatestVersion = model.IsEmpty ? null : ReplicateVersion.From(model),
    };
}

/// <param name="Id">64 hexadecimal digits.</param>
/// <param name="OpenapiSchema">An OpenAPI document. The inputs are at <c>components.schemas.Input</c>, the output is at <c>Output</c>.</param>
public sealed record ReplicateVersion(string Id, DateTimeOffset CreatedAt, string CogVersion, JsonElement OpenapiSchema)
{
    internal static ReplicateVersion From(CallableModel model) => new(
        model.Version,
        model.Module?.PublishedAt is { } at && at != default ? at : Composer.CreatedAt,
        Composer.CogVersion,
        model.Kind == PredictionKind.Compose ? CogDocument.Json : TextModelDocument.Json);
}
