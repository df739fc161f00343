using System.Runtime.CompilerServices;
using LoraHub.Api.Http;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Cog;

/// <summary>A prediction's events in Cog's words.</summary>
static class CogStream
{
    /// <summary>At ends of silence; a whole comment with its blank line, as coglet's.</summary>
    public const string KeepAlive = ": keep-alive\n\n";

    /// <param name="created">The prediction as it was created, before its first event.</param>
    public static async IAsyncEnumerable<ServerSentEvent> StreamAsync(
        this IPredictionEvents events, Prediction created, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        var prediction = created;
        await foreach (var recorded in events.ReadAsync(created.Id, after: 0, cancellationToken))
        {
            prediction = prediction.Apply(recorded);
            if (recorded.Event is PredictionEvent.Measured(Prediction.PredictTimeMetric, _) or PredictionEvent.CancelRequested)
            {
                continue; // Cog tells it with the end alone
            }

            yield return recorded.Event switch
            {
                PredictionEvent.Started => Event("start", new CogAccepted(prediction.Id, prediction.Status)),
                PredictionEvent.Logged(var text) => Event("log", new { source = "stdout", data = text }),
                PredictionEvent.Measured(var name, var value) => Event("metric", new { name, value, mode = "replace" }),
                PredictionEvent.Answered(var output) => Event("output", new { chunk = output, index = 0 }),
                _ => Event("completed", CogPrediction.From(prediction)),
            };
        }
    }

    static ServerSentEvent Event<T>(string name, T data) => new(name, WireJson.Write(data));
}
