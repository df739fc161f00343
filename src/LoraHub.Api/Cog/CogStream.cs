using System.Runtime.CompilerServices;
using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using LoraHub.Core.Json;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Cog;

/// <summary>Converts a prediction's events to Cog's server-sent events.</summary>
static class CogStream
{
    /// <summary>Sent after each idle interval. The comment ends with a blank line, as coglet's does.</summary>
    public const string KeepAlive = ": keep-alive\n\n";

    /// <param name="created">The prediction at creation, before its first event.</param>
    public static async IAsyncEnumerable<ServerSentEvent> StreamAsync(
        this IPredictionEvents events, Prediction created, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var prediction = created;
        await foreach (var recorded in events.ReadAsync(created.Id, after: 0, cancellationToken))
        {
            prediction = prediction.Apply(recorded);
            if (EventOf(prediction, recorded.Event) is { } sent)
            {
                yield return sent;
            }
        }
    }

    /// <returns>Null for events that Cog reports only at the end, or not at all.</returns>
    static ServerSentEvent? EventOf(Prediction prediction, PredictionEvent happened) => happened switch
    {
        PredictionEvent.Started => Event("start", new CogAccepted(prediction.Id, prediction.Status)),
        PredictionEvent.Logged(var text) => Event("log", new { source = "stdout", data = text }),
        PredictionEvent.Measured(Prediction.PredictTimeMetric, _) => null,
        PredictionEvent.Measured(var name, var value) => Event("metric", new { name, value, mode = "replace" }),
        PredictionEvent.Answered(var output) => Event("output", new { chunk = ComposedOutput.Of(output, prediction.Origin), index = 0 }),
        { IsTerminal: true } => Event("completed", CogPrediction.From(prediction)),
        _ => null,
    };

    static ServerSentEvent Event<T>(string name, T data) => new(name, WireJson.Write(data));
}
