namespace LoraHub.Core.Predictions;

/// <summary>Where a prediction's events are told of, and which.</summary>
/// <param name="Url">Absolute, http or https. It may carry a secret: it is never logged.</param>
/// <param name="Events">Not empty.</param>
public sealed record PredictionWebhook(string Url, IReadOnlySet<WebhookEvent> Events)
{
    /// <summary>The headers <c>traceparent</c> and <c>tracestate</c> of the request that created the prediction; sent along.</summary>
    public IReadOnlyDictionary<string, string> Trace { get; init; } = new Dictionary<string, string>();
}

/// <summary>What a webhook may be told; the wire's words are these in lower case.</summary>
public enum WebhookEvent
{
    Start,
    Output,
    Logs,
    Completed,
}
