using System.Text.Json.Serialization;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Modules;

/// <summary>A version of a module in responses.</summary>
public sealed record ModuleDescription
{
    public required string Url { get; init; }

    /// <summary><c>owner/name</c>.</summary>
    public required string Id { get; init; }

    public required string Owner { get; init; }

    public required string Name { get; init; }

    /// <summary>The digest of its bytes; <c>id@version</c> selects exactly this version. Empty if it is broken.</summary>
    public required string Version { get; init; }

    /// <summary>Whether the name points to this version.</summary>
    public required bool IsCurrent { get; init; }

    /// <summary><c>ready</c>, <c>quarantined</c> or <c>broken</c>.</summary>
    public required string State { get; init; }

    /// <summary>Why it is quarantined or broken.</summary>
    public required string? Reason { get; init; }

    /// <summary>Null if it is broken, as is all that is read from its files.</summary>
    public required ModuleBaseModel? BaseModel { get; init; }

    /// <summary>r.</summary>
    public required int? Rank { get; init; }

    /// <summary>lora_alpha.</summary>
    public required double? Alpha { get; init; }

    public required IReadOnlyList<string> Targets { get; init; }

    public required string? Dtype { get; init; }

    public required long? Parameters { get; init; }

    /// <summary>The Frobenius norm of the whole update.</summary>
    public required double? Norm { get; init; }

    /// <summary>The size of the weights file, in bytes.</summary>
    public required long Size { get; init; }

    public required string? Task { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    public required string? License { get; init; }

    public required IReadOnlyList<string> Datasets { get; init; }

    public required string? PromptTemplate { get; init; }

    /// <summary>Null if it was uploaded or found in a folder.</summary>
    public required ModuleSource? Source { get; init; }

    public required DateTimeOffset PublishedAt { get; init; }

    /// <summary>The name of the token that it was published with, or null.</summary>
    public required string? PublishedBy { get; init; }

    /// <summary>The number of successful predictions that composed it.</summary>
    public required long Uses { get; init; }

    public required DateTimeOffset? LastUsedAt { get; init; }

    /// <summary>The number of downloads of its weights, alone or in a zip.</summary>
    public required long Downloads { get; init; }

    public required ModuleUrls Urls { get; init; }

    /// <summary>The cosine similarity of the updates; only in a list of similar modules.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Similarity { get; init; }

    /// <summary>The update layer by layer; only in the response for a single module.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LayerReport>? Layers { get; init; }

    /// <summary>The nearest modules; only in the response for a single module.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ModuleNeighbor>? Similar { get; init; }

    /// <param name="origin">Scheme and host, without a trailing slash.</param>
    internal static ModuleDescription From(ModuleVersion module, string origin)
    {
        var (report, card, slash) = (module.Report, module.Card, module.Id.IndexOf('/', StringComparison.Ordinal));
        var url = $"{origin}/v1/modules/{module.Id}";
        return new ModuleDescription
        {
            Url = url,
            Id = module.Id,
            Owner = module.Id[..slash],
            Name = module.Id[(slash + 1)..],
            Version = module.Digest ?? "",
            IsCurrent = module.IsCurrent,
            State = module.Quarantine is not null ? "quarantined" : module.Defect is not null ? "broken" : "ready",
            Reason = module.Quarantine ?? module.Defect,
            BaseModel = report is null ? null : new ModuleBaseModel(report.BaseModel, report.BaseModelDigest),
            Rank = report?.Rank,
            Alpha = report?.Alpha,
            Targets = report?.Targets ?? [],
            Dtype = report?.DType,
            Parameters = report?.Parameters,
            Norm = report?.Norm,
            Size = module.Size,
            Task = card.Task,
            Tags = card.Tags,
            License = card.License,
            Datasets = card.Datasets,
            PromptTemplate = card.PromptTemplate,
            Source = module.Source is null ? null : new ModuleSource(module.Source, module.Revision),
            PublishedAt = module.PublishedAt,
            PublishedBy = module.PublishedBy,
            Uses = module.Uses,
            LastUsedAt = module.LastUsedAt,
            Downloads = module.Downloads,
            Urls = ModuleUrls.Of(url, module.Digest),
        };
    }
}

/// <param name="Id"><c>owner/name</c>.</param>
/// <param name="Digest">The digest of the base model that its shapes were checked against; null if the base model was not installed.</param>
public sealed record ModuleBaseModel(string Id, string? Digest);

/// <param name="Revision">The commit at the source.</param>
public sealed record ModuleSource(string Url, string? Revision);

/// <param name="Cosine">The cosine similarity of the updates.</param>
/// <param name="IsNearDuplicate">Whether the cosine is above 0.99.</param>
public sealed record ModuleNeighbor(string Id, string Version, double Cosine, bool IsNearDuplicate, string Url);

/// <param name="Get">The URL of this version.</param>
/// <param name="Download">The URL of a zip of its files.</param>
public sealed record ModuleUrls(string Get, string Card, string Download, string Versions, string Usage, string Similar)
{
    internal static ModuleUrls Of(string url, string? digest)
    {
        var version = digest is null ? url : $"{url}/versions/{digest}";
        return new ModuleUrls(version, $"{url}/card", $"{version}/download", $"{url}/versions", $"{url}/usage", $"{url}/similar");
    }
}

/// <summary>The usage of a module.</summary>
/// <param name="Uses">The number of successful predictions with any of its versions.</param>
/// <param name="Downloads">The number of downloads of the weights of any of its versions, alone or in a zip.</param>
/// <param name="OpenPredictions">The number of queued or running predictions that use it.</param>
/// <param name="Predictions">The ids of these predictions; for admins only.</param>
public sealed record ModuleUsage(
    string Id,
    long Uses,
    DateTimeOffset? LastUsedAt,
    long Downloads,
    IReadOnlyList<VersionUsage> Versions,
    int OpenPredictions,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Predictions = null);

public sealed record VersionUsage(string Version, long Uses, DateTimeOffset? LastUsedAt, long Downloads);

/// <param name="Reason">Why the module is quarantined: 1 to 500 characters.</param>
public sealed record QuarantineRequest(string Reason);
