using System.Text.Json;
using LoraHub.Api.Cog.Document;
using LoraHub.Api.Models;
using LoraHub.Api.Predictions;
using LoraHub.Api.Replicate.Predictions;

namespace LoraHub.Api.Replicate.Models;

/// <summary>The model in Replicate's JSON.</summary>
public sealed record ReplicateModel
{
    public required string Url { get; init; }

    public required string Owner { get; init; }

    public required string Name { get; init; }

    public string Description { get; init; } = Composer.Description;

    /// <summary>Always <c>public</c>. Clients accept only <c>public</c> and <c>private</c>.</summary>
    public string Visibility { get; init; } = "public";

    public string? GithubUrl { get; init; } = "https://github.com/sail-sg/lorahub";

    public string? PaperUrl { get; init; } = "https://arxiv.org/abs/2307.13269";

    public string? LicenseUrl { get; init; }

    /// <summary>The number of predictions created since the service started.</summary>
    public required long RunCount { get; init; }

    public string? CoverImageUrl { get; init; }

    public ReplicatePrediction? DefaultExample { get; init; }

    public required ReplicateVersion LatestVersion { get; init; }

    internal static ReplicateModel From(Composer model, string origin, long runCount) => new()
    {
        Url = $"{origin}/v1/models/{model.Name}",
        Owner = model.Owner,
        Name = model.Name[(model.Owner.Length + 1)..],
        RunCount = runCount,
        LatestVersion = ReplicateVersion.From(model),
    };
}

/// <param name="Id">64 hexadecimal digits.</param>
/// <param name="OpenapiSchema">The same document as at <c>/openapi.json</c>. The inputs are at <c>components.schemas.Input</c>.</param>
public sealed record ReplicateVersion(string Id, DateTimeOffset CreatedAt, string CogVersion, JsonElement OpenapiSchema)
{
    internal static ReplicateVersion From(Composer model) => new(model.Version, Composer.CreatedAt, Composer.CogVersion, CogDocument.Json);
}
