using LoraHub.Core.Predictions;

namespace LoraHub.Api.Predictions;

static class PredictionWatch
{
    /// <summary>Waits for the prediction's end.</summary>
    /// <param name="created">The prediction as it was created, before its first event.</param>
    /// <returns>The prediction as its events have made it.</returns>
    public static async Task<Prediction> FollowAsync(this IPredictionEvents events, Prediction created, CancellationToken cancellationToken)
    {
        var prediction = created;
        await foreach (var recorded in events.ReadAsync(created.Id, after: 0, cancellationToken))
        {
            prediction = prediction.Apply(recorded);
        }

        return prediction;
    }
}
