using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using LoraHub.Api.Models;
using LoraHub.Api.Predictions;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Replicate.Predictions;

/// <summary>A prediction or a training in Replicate's JSON.</summary>
public sealed record ReplicatePrediction
{
    public required string Id { get; init; }

    /// <summary><c>owner/name</c>.</summary>
    public required string Model { get; init; }

    public required string Version { get; init; }

    /// <summary>Null after it was removed, like <see cref="Logs"/> and <see cref="Output"/>.</summary>
    public required JsonObject? Input { get; init; }

    public required string? Logs { get; init; }

    public required WireOutput? Output { get; init; }

    public required string? Error { get; init; }

    public required PredictionStatus Status { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? StartedAt { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? CompletedAt { get; init; }

    /// <summary>When the prediction is canceled if it has not ended.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>The <c>owner/name</c> of the requested deployment.</summary>
    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Deployment { get; init; }

    /// <summary>Times are in seconds.</summary>
    public required IReadOnlyDictionary<string, double> Metrics { get; init; }

    /// <summary>Whether input, logs or output were removed.</summary>
    public bool DataRemoved { get; init; }

    public string Source { get; init; } = "api";

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public string? Webhook { get; init; }

    [JsonIgnore(Condition = JsonIgnoreCondition.WhenWritingNull)]
    public IReadOnlyList<WebhookEvent>? WebhookEventsFilter { get; init; }

    public required ReplicateUrls Urls { get; init; }

    internal static ReplicatePrediction From(Prediction prediction, Composer composer, RunAddresses addresses) =>
        From(prediction, composer, addresses.UrlsOf(prediction));

    internal static ReplicatePrediction From(Prediction prediction, Composer composer, ReplicateUrls urls) => new()
    {
        Id = prediction.Id,
        Model = prediction.Created.Model ?? composer.Name,
        Version = prediction.Created.Version ?? composer.Version,
        Input = prediction.Removed.HasFlag(DataParts.Inputs) ? null : prediction.Input,
        Logs = prediction.Removed.HasFlag(DataParts.Logs) ? null : prediction.Logs,
        Output = WireOutput.Of(prediction),
        Error = prediction.Error,
        Status = prediction.Status,
        CreatedAt = prediction.CreatedAt,
        StartedAt = prediction.StartedAt,
        CompletedAt = prediction.CompletedAt,
        Deadline = prediction.Deadline,
        Deployment = prediction.Deployment,
        Metrics = MetricsOf(prediction),
        DataRemoved = prediction.Removed != DataParts.None,
        Webhook = prediction.Webhook?.Url,
        WebhookEventsFilter = prediction.Webhook?.Events.Order().ToArray(),
        Urls = urls,
    };

    static IReadOnlyDictionary<string, double> MetricsOf(Prediction prediction) => prediction.CompletedAt is { } completed
        ? new Dictionary<string, double>(prediction.Metrics) { ["total_time"] = (completed - prediction.CreatedAt).TotalSeconds }
        : prediction.Metrics;
}

/// <summary>Absolute URLs. Python's client requires all of them.</summary>
/// <param name="Web">The page; the same as <paramref name="Get"/> in a service without pages.</param>
public sealed record ReplicateUrls(string Get, string Cancel, string Stream, string Web);
