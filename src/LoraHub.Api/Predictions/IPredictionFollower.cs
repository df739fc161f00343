using LoraHub.Core.Predictions;

namespace LoraHub.Api.Predictions;

/// <summary>Is told of each prediction that was taken in.</summary>
interface IPredictionFollower
{
    /// <param name="created">As it was stored, before its first event.</param>
    /// <remarks>Returns at once.</remarks>
    void Follow(Prediction created);
}
