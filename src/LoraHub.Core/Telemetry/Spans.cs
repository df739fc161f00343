using System.Diagnostics;
using LoraHub.Core.Predictions;

namespace LoraHub.Core.Telemetry;

/// <summary>Spans of the program's own work; null when there is no listener. They never contain inputs or outputs.</summary>
public static class Spans
{
    const string Prefix = "lorahub.prediction.";

    /// <summary>The W3C id of the current activity, for <see cref="CreatedPrediction.TraceParent"/>, or null.</summary>
    public static string? TraceParent => Activity.Current is { IdFormat: ActivityIdFormat.W3C, Id: var id } ? id : null;

    static ActivitySource Source { get; } = new(Instruments.Name);

    /// <summary>Starts the span of an attempt, in the trace of the request that created the prediction. The caller disposes it.</summary>
    /// <param name="attempt">See <see cref="IPredictionLease.Attempt"/>.</param>
    public static Activity? StartAttempt(CreatedPrediction created, int attempt) => Source
        .StartActivity("prediction", ActivityKind.Consumer, created.TraceParent)?
        .SetTag($"{Prefix}id", created.Id)
        .SetTag($"{Prefix}attempt", attempt);

    /// <summary>Sets the prediction's final status, without the error message, which may quote the input.</summary>
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
