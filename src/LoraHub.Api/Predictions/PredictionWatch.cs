using LoraHub.Core.Predictions;

namespace LoraHub.Api.Predictions;

static class PredictionWatch
{
    /// <summary>Waits until the prediction has ended.</summary>
    /// <param name="created">The prediction at creation, before its first event.</param>
    /// <returns>The prediction with all of its events applied.</returns>
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
