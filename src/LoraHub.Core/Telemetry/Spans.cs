using System.Diagnostics;
using LoraHub.Core.Predictions;

namespace LoraHub.Core.Telemetry;

/// <summary>The spans of the program's own work; null where nobody listens. They never hold what clients send or get.</summary>
public static class Spans
{
    const string Prefix = "lorahub.prediction.";

    /// <summary>Where the work that is being done belongs to, as <see cref="Prediction.TraceParent"/> keeps it, or null.</summary>
    public static string? TraceParent => Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: var id } ? id : null;

    static ActivitySource Source { get; } = new(Instruments.Name);

    /// <summary>Begins the span of an attempt, in the trace of the request that created the prediction. The caller disposes it.</summary>
    /// <param name="attempt">See <see cref="IPredictionLease.Attempt"/>.</param>
    public static Activity? StartAttempt(Prediction prediction, int attempt) => Source
        .StartActivity("prediction", ActivityKind.Consumer, prediction.TraceParent)?
        .SetTag($"{Prefix}id", prediction.Id)
        .SetTag($"{Prefix}attempt", attempt);

    /// <summary>Says how the prediction has ended, without the error's words: they may quote the input.</summary>
    public static void SetEnd(this Activity attempt, PredictionEvent end)
    {
        attempt.SetTag($"{Prefix}status", Instruments.Status(end));
        if (end is PredictionEvent.Failed)
        {
            attempt.SetStatus(ActivityStatusCode.Error);
        }
    }

    internal static Activity? Start(string phase) => Source.StartActivity(phase);
}
