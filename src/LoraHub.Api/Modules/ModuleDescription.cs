using System.Text.Json.Serialization;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Modules;

/// <summary>A version of a module as the service describes it.</summary>
public sealed record ModuleDescription
{
    public required string Url { get; init; }

    /// <summary><c>owner/name</c>.</summary>
    public required string Id { get; init; }

    public required string Owner { get; init; }

    public required string Name { get; init; }

    /// <summary>The digest of its bytes; <c>id@version</c> asks for exactly these. Empty when it is broken.</summary>
    public required string Version { get; init; }

    /// <summary>Whether the name points to this version.</summary>
    public required bool IsCurrent { get; init; }

    /// <summary><c>ready</c>, <c>quarantined</c> or <c>broken</c>.</summary>
    public required string State { get; init; }

    /// <summary>Why it is not ready.</summary>
    public required string? Reason { get; init; }

    /// <summary>Null when it is broken, as all that is read from its files.</summary>
    public required ModuleBaseModel? BaseModel { get; init; }

    /// <summary>r.</summary>
    public required int? Rank { get; init; }

    /// <summary>lora_alpha.</summary>
    public required double? Alpha { get; init; }

    public required IReadOnlyList<string> Targets { get; init; }

    public required string? Dtype { get; init; }

    public required long? Parameters { get; init; }

    /// <summary>Frobenius, of the whole update.</summary>
    public required double? Norm { get; init; }

    /// <summary>Of the weights' file, in bytes.</summary>
    public required long Size { get; init; }

    public required string? Task { get; init; }

    public required IReadOnlyList<string> Tags { get; init; }

    public required string? License { get; init; }

    public required IReadOnlyList<string> Datasets { get; init; }

    public required string? PromptTemplate { get; init; }

    /// <summary>Null when it was uploaded or lay in a folder.</summary>
    public required ModuleSource? Source { get; init; }

    public required DateTimeOffset PublishedAt { get; init; }

    /// <summary>The name of the token that it came with, or null.</summary>
    public required string? PublishedBy { get; init; }

    /// <summary>How many predictions that succeeded have composed it.</summary>
    public required long Uses { get; init; }

    public required DateTimeOffset? LastUsedAt { get; init; }

    public required ModuleUrls Urls { get; init; }

    /// <summary>In a list of similar ones: the cosine of the angle between the updates.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public double? Similarity { get; init; }

    /// <summary>Of one module alone: its update layer by layer.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<LayerReport>? Layers { get; init; }

    /// <summary>Of one module alone: the nearest ones.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<ModuleNeighbor>? Similar { get; init; }

    /// <param name="origin">Scheme and host, without a slash at the end.</param>
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
            Urls = ModuleUrls.Of(url, module.Digest),
        };
    }
}

/// <param name="Id"><c>owner/name</c>.</param>
/// <param name="Digest">Of the model that its shapes were checked against; null when that was not here.</param>
public sealed record ModuleBaseModel(string Id, string? Digest);

/// <param name="Revision">The commit there.</param>
public sealed record ModuleSource(string Url, string? Revision);

/// <param name="Cosine">Of the angle between the updates.</param>
/// <param name="IsNearDuplicate">Whether the cosine is above 0.99.</param>
public sealed record ModuleNeighbor(string Id, string Version, double Cosine, bool IsNearDuplicate, string Url);

/// <param name="Get">This version.</param>
/// <param name="Download">A zip of its files.</param>
public sealed record ModuleUrls(string Get, string Card, string Download, string Versions, string Usage, string Similar)
{
    internal static ModuleUrls Of(string url, string? digest)
    {
        var version = digest is null ? url : $"{url}/versions/{digest}";
        return new ModuleUrls(version, $"{url}/card", $"{version}/download", $"{url}/versions", $"{url}/usage", $"{url}/similar");
    }
}

/// <summary>How a module is used.</summary>
/// <param name="Uses">Predictions that succeeded with any of its versions.</param>
/// <param name="OpenPredictions">How many wait or run, and name it.</param>
/// <param name="Predictions">Their ids; for admins alone.</param>
public sealed record ModuleUsage(
    string Id,
    long Uses,
    DateTimeOffset? LastUsedAt,
    IReadOnlyList<VersionUsage> Versions,
    int OpenPredictions,
    [property: JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)] IReadOnlyList<string>? Predictions = null);

public sealed record VersionUsage(string Version, long Uses, DateTimeOffset? LastUsedAt);

/// <param name="Reason">Why predictions must refuse the module: 1 to 500 characters.</param>
public sealed record QuarantineRequest(string Reason);
