namespace LoraHub.Core.Predictions;

/// <summary>The URL to which a prediction's events are posted, and which events.</summary>
/// <param name="Url">Absolute, http or https. It may contain a secret and is never logged.</param>
/// <param name="Events">Not empty.</param>
public sealed record PredictionWebhook(string Url, IReadOnlySet<WebhookEvent> Events)
{
    /// <summary>The headers <c>traceparent</c> and <c>tracestate</c> of the request that created the prediction; sent with each webhook.</summary>
    public IReadOnlyDictionary<string, string> Trace { get; init; } = new Dictionary<string, string>();
}

/// <summary>The events that a webhook can receive; on the wire, these names are in lower case.</summary>
public enum WebhookEvent
{
    Start,
    Output,
    Logs,
    Completed,
}
