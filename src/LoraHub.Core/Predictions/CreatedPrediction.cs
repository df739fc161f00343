using System.Text.Json.Nodes;

namespace LoraHub.Core.Predictions;

/// <summary>
/// A prediction as it was created; immutable. Stored records and worker messages embed this record, so that a new property is added only here.
/// </summary>
/// <remarks>
/// Property names are those of the stored JSON: they must never change. A new property needs a default, since stored predictions lack it.
/// </remarks>
public sealed record CreatedPrediction
{
    /// <summary>26 lower-case base32 characters, unguessable, unless the client chose the id.</summary>
    public required string Id { get; init; }

    /// <summary>What it does.</summary>
    public PredictionKind Kind { get; init; }

    /// <summary>The <c>owner/name</c> of the module or base model that was called. Null for the composer.</summary>
    public string? Model { get; init; }

    /// <summary>The called version's digest. Null for the composer.</summary>
    public string? Version { get; init; }

    /// <summary>The client's known inputs, unchanged; unknown ones were dropped before storing.</summary>
    public required JsonObject Input { get; init; }

    /// <summary>The worker's plan. Null once the prediction has ended, and for predictions stored by versions without plans.</summary>
    public PredictionPlan? Plan { get; init; }

    /// <summary>The <c>owner/name</c> of the module that a training makes a version of. Null for other kinds.</summary>
    public string? Destination { get; init; }

    /// <summary>Scheme and host under which the client reached the service: the base of every URL in responses, without a trailing slash.</summary>
    public required string Origin { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>The time at which the prediction is canceled unless it has ended, or null.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>The <c>owner/name</c> of the requested deployment, or null.</summary>
    public string? Deployment { get; init; }

    /// <summary>The webhook that receives its events, or null. It may contain a secret, so workers do not get it.</summary>
    public PredictionWebhook? Webhook { get; init; }

    /// <summary>The queue it waits in: a plain word such as <c>cpu</c> or <c>gpu</c>.</summary>
    public string Hardware { get; init; } = QueueOptions.DefaultHardware;

    /// <summary>The W3C <c>traceparent</c> of the request that created it, so that the worker's spans belong to it; or null.</summary>
    public string? TraceParent { get; init; }
}
