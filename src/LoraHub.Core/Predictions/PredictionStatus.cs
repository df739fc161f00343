namespace LoraHub.Core.Predictions;

/// <summary>The states of a prediction; on the wire, these names are in lower case.</summary>
public enum PredictionStatus
{
    Starting,
    Processing,
    Succeeded,
    Failed,
    Canceled,
}
