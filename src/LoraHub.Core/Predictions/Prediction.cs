using System.Text;
using System.Text.Json.Nodes;

namespace LoraHub.Core.Predictions;

/// <summary>A request to adapt the base model and its current state: the created prediction with all events so far applied.</summary>
/// <param name="Created">The prediction before its first event.</param>
public sealed record Prediction(CreatedPrediction Created)
{
    /// <summary>The metric that every run reports at its end: seconds from start to end.</summary>
    public const string PredictTimeMetric = "predict_time";

    public PredictionState State { get; init; }

    public DateTimeOffset? StartedAt { get; init; }

    public DateTimeOffset? CompletedAt { get; init; }

    public string Logs { get; init; } = "";

    public PredictionOutput? Output { get; init; }

    public string? Error { get; init; }

    public IReadOnlyDictionary<string, double> Metrics { get; init; } = new Dictionary<string, double>();

    /// <summary>The parts that were removed; their properties are empty.</summary>
    public DataParts Removed { get; init; }

    public string Id => Created.Id;

    public PredictionKind Kind => Created.Kind;

    public JsonObject Input => Created.Input;

    public string Origin => Created.Origin;

    public DateTimeOffset CreatedAt => Created.CreatedAt;

    public DateTimeOffset? Deadline => Created.Deadline;

    public string? Deployment => Created.Deployment;

    public PredictionWebhook? Webhook => Created.Webhook;

    public PredictionStatus Status => State.Status;

    public bool CancelRequested => State.CancelRequested;

    public bool IsTerminal => State.IsTerminal;

    /// <summary>The prediction after the event.</summary>
    /// <exception cref="InvalidOperationException">The prediction's state does not accept the event.</exception>
    public Prediction Apply(RecordedEvent recorded)
    {
        var after = this with { State = State.Apply(recorded.Event) };
        return recorded.Event switch
        {
            PredictionEvent.Started => after with { StartedAt = recorded.At },
            PredictionEvent.Logged(var text) => after with { Logs = Logs + text },
            PredictionEvent.Measured(var name, var value) => after with { Metrics = new Dictionary<string, double>(Metrics) { [name] = value } },
            PredictionEvent.Generated(var start, var text) => after with { Output = (Output ?? new PredictionOutput()).WithText(start, text) },
            PredictionEvent.Answered(var output) => after with { Output = output },
            PredictionEvent.Failed(var error) => after with { CompletedAt = recorded.At, Error = error },
            { IsTerminal: true } => after with { CompletedAt = recorded.At },
            _ => after,
        };
    }

    /// <summary>The prediction after all of the events, in order.</summary>
    /// <exception cref="InvalidOperationException">As <see cref="Apply(RecordedEvent)"/>.</exception>
    public Prediction Apply(IEnumerable<RecordedEvent> recorded)
    {
        var logs = new StringBuilder(Logs); // avoids copying all previous lines for each new one
        var prediction = this;
        foreach (var one in recorded)
        {
            if (one.Event is PredictionEvent.Logged(var text) && prediction.State.Accepts(one.Event))
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
}
