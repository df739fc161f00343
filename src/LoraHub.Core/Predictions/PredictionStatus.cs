namespace LoraHub.Core.Predictions;

/// <summary>The states of a prediction; the wire's words are these in lower case.</summary>
public enum PredictionStatus
{
    Starting,
    Processing,
    Succeeded,
    Failed,
    Canceled,
}
