namespace LoraHub.Core.Predictions;

/// <summary>What a prediction does. Workers take each kind from a queue of its own.</summary>
/// <remarks>Stored by name: names must never change.</remarks>
public enum PredictionKind
{
    /// <summary>Composes modules for a task: a call of the composer.</summary>
    Compose,

    /// <summary>Answers a prompt: a call of a module or of a base model.</summary>
    Generate,

    /// <summary>Makes a version of a module: a training.</summary>
    Train,
}
