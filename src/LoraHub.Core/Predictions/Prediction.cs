using System.Text;
using System.Text.Json.Nodes;

namespace LoraHub.Core.Predictions;

/// <summary>A request to adapt the base model, and what became of it. It owns its transitions: a terminal state never changes.</summary>
public sealed record Prediction
{
    /// <summary>The metric that every run ends with: seconds from the start of the work to its end.</summary>
    public const string PredictTimeMetric = "predict_time";

    /// <summary>26 lower-case base32 characters, unguessable, unless the client chose it.</summary>
    public required string Id { get; init; }

    /// <summary>The known inputs as the client gave them; unknown ones were dropped before anything was stored.</summary>
    public required JsonObject Input { get; init; }

    /// <summary>Scheme and host by which the client reached the service: the root of every URL it is given, without a slash at the end.</summary>
    public required string Origin { get; init; }

    public required DateTimeOffset CreatedAt { get; init; }

    /// <summary>When it is canceled unless it has ended, or null.</summary>
    public DateTimeOffset? Deadline { get; init; }

    /// <summary>The <c>owner/name</c> of the deployment that was asked for, or null.</summary>
    public string? Deployment { get; init; }

    /// <summary>Who is told of its events, or null.</summary>
    public PredictionWebhook? Webhook { get; init; }

    /// <summary>Which queue it waits in: a plain word that its workers know, such as <c>cpu</c> or <c>gpu</c>.</summary>
    public string Hardware { get; init; } = QueueOptions.DefaultHardware;

    /// <summary>The W3C <c>traceparent</c> of the request that created it, so that the worker's spans belong to it; or null.</summary>
    public string? TraceParent { get; init; }

    public PredictionStatus Status { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    public string Logs { get; init; } = "";

    public PredictionOutput? Output { get; init; }

    public string? Error { get; init; }

    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>Whether a client wants it canceled; it is, as soon as its worker knows.</summary>
    public bool CancelRequested { get; init; }

    /// <summary>What is no longer kept of it; the properties are empty then.</summary>
    public DataParts Removed { get; init; }

    public bool IsTerminal => Status is PredictionStatus.Succeeded or PredictionStatus.Failed or PredictionStatus.Canceled;

    /// <summary>From the start of the work to its end, or null before both are known.</summary>
    public TimeSpan? PredictTime => CompletedAt - StartedAt;

    /// <summary>Whether the event may still happen to this prediction.</summary>
    public bool Accepts(PredictionEvent happened) => happened switch
    {
        PredictionEvent.Succeeded => Status == PredictionStatus.Processing && !CancelRequested,
        PredictionEvent.CancelRequested => !IsTerminal && !CancelRequested,
        _ => !IsTerminal,
    };

    /// <summary>Whether the events may still happen to this prediction, one after the other.</summary>
    public bool Accepts(IReadOnlyList<PredictionEvent> happened)
    {
        var prediction = this with { Logs = "" }; // what was said decides nothing, and would be copied each time
        foreach (var one in happened)
        {
            if (!prediction.Accepts(one))
            {
                return false;
            }

            prediction = prediction.Apply(new RecordedEvent(0, CreatedAt, one));
        }

        return true;
    }

    /// <summary>The prediction after the event.</summary>
    /// <exception cref="InvalidOperationException">The prediction does not accept the event (see <see cref="Accepts(PredictionEvent)"/>).</exception>
    public Prediction Apply(RecordedEvent recorded)
    {
        if (!Accepts(recorded.Event))
        {
            throw new InvalidOperationException($"A prediction that is {Status} cannot take the event {recorded.Event.GetType().Name}.");
        }

        return recorded.Event switch
        {
            PredictionEvent.Started => this with { Status = PredictionStatus.Processing, StartedAt = recorded.At },
            PredictionEvent.Composing => this, // for whoever asks what is in use; the answer names the modules again
            PredictionEvent.Logged(var text) => this with { Logs = Logs + text },
            PredictionEvent.Measured(var name, var value) => this with { Metrics = new Dictionary<string, double>(Metrics) { [name] = value } },
            PredictionEvent.Answered(var output) => this with { Output = output },
            PredictionEvent.CancelRequested => this with { CancelRequested = true },
            PredictionEvent.Succeeded => Complete(PredictionStatus.Succeeded, recorded.At),
            PredictionEvent.Failed(var error) => Complete(PredictionStatus.Failed, recorded.At) with { Error = error },
            PredictionEvent.Canceled => Complete(PredictionStatus.Canceled, recorded.At),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }

    /// <summary>The prediction after all of the events, in their order.</summary>
    /// <exception cref="InvalidOperationException">As <see cref="Apply(RecordedEvent)"/>.</exception>
    public Prediction Apply(IEnumerable<RecordedEvent> recorded)
    {
        var logs = new StringBuilder(Logs); // each line would otherwise copy those before it
        var prediction = this;
        foreach (var one in recorded)
        {
            if (one.Event is PredictionEvent.Logged(var text) && prediction.Accepts(one.Event))
            {
                logs.Append(text);
            }
            else
            {
                prediction = prediction.Apply(one);
            }
        }

        return prediction with { Logs = logs.ToString() };
    }

    /// <summary>The prediction as it was created, before its first event: where a reader of all its events begins.</summary>
    public Prediction BeforeEvents() => new()
    {
        Id = Id,
        Input = Input,
        Origin = Origin,
        CreatedAt = CreatedAt,
        Deadline = Deadline,
        Deployment = Deployment,
        Webhook = Webhook,
        Hardware = Hardware,
        TraceParent = TraceParent,
        Removed = Removed,
    };

    Prediction Complete(PredictionStatus status, DateTimeOffset at) => this with { Status = status, CompletedAt = at };
}
