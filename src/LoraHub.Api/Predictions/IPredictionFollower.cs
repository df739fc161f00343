using LoraHub.Core.Predictions;

namespace LoraHub.Api.Predictions;

/// <summary>Is notified of each accepted prediction.</summary>
interface IPredictionFollower
{
    /// <remarks>Must not block.</remarks>
    void Follow(CreatedPrediction created);
}
