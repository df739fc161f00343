namespace LoraHub.Core.Trainings;

/// <summary>What a training does.</summary>
/// <remarks>Stored by name: names must never change.</remarks>
public enum TrainingType
{
    /// <summary>Searches the weights of modules, as a prediction of the composer does.</summary>
    Compose,

    /// <summary>Trains a LoRA by gradient.</summary>
    Tune,

    /// <summary>Searches the weights, then trains the composed LoRA by gradient.</summary>
    ComposeAndTune,
}

/// <summary>Which part of the model is trained.</summary>
/// <remarks>Stored by name: names must never change.</remarks>
public enum TuningScope
{
    All,
    Encoder,
    Decoder,
}

/// <summary>The learning rate over the steps, after the warm-up.</summary>
/// <remarks>Stored by name: names must never change.</remarks>
public enum LearningRateSchedule
{
    Constant,

    /// <summary>Falls to 0 at the last step.</summary>
    Linear,

    /// <summary>Falls to 0 at the last step along half a cosine.</summary>
    Cosine,
}

/// <summary>The validated input of a training, with defaults filled in.</summary>
public sealed record TrainingInput
{
    public required TrainingType Type { get; init; }

    /// <summary>Null unless the training tunes.</summary>
    public TuningSettings? Tuning { get; init; }
}

/// <summary>
/// How a LoRA is trained by gradient: AdamW (betas 0.9 and 0.999, epsilon 1e-8, decoupled weight decay), the gradient's norm clipped to 1.
/// </summary>
public sealed record TuningSettings
{
    /// <summary>Ignored when the training starts from a module or a composition, whose rank it then has.</summary>
    public required int Rank { get; init; }

    /// <summary>ΔW is scaled by alpha / rank. Ignored as <see cref="Rank"/> is.</summary>
    public required double Alpha { get; init; }

    /// <summary>
    /// The linear layers to train, by the ends of their names as in PEFT's <c>target_modules</c>. Ignored as <see cref="Rank"/> is.
    /// </summary>
    public required IReadOnlyList<string> TargetModules { get; init; }

    public required TuningScope Scope { get; init; }

    public required double LearningRate { get; init; }

    public required LearningRateSchedule Schedule { get; init; }

    /// <summary>Passes over the data; null if <see cref="Steps"/> is given.</summary>
    public double? Epochs { get; init; }

    /// <summary>Null if <see cref="Epochs"/> is given.</summary>
    public int? Steps { get; init; }

    /// <summary>Examples in one step.</summary>
    public required int BatchSize { get; init; }

    /// <summary>Steps over which the learning rate rises from 0.</summary>
    public required int Warmup { get; init; }

    public required double WeightDecay { get; init; }

    /// <summary>Of the input of the LoRA's first factor.</summary>
    public required double Dropout { get; init; }

    /// <summary>The fraction of the data that is kept apart to validate on; 0 for none. Without effect when a validation file is given.</summary>
    public required double Validation { get; init; }

    /// <summary>Ends after this many validations without a lower loss, and takes the best version; 0 to go on to the end.</summary>
    public required int EarlyStopping { get; init; }

    /// <summary>Tokens of an example's input and target; longer ones are cut, and the log counts them.</summary>
    public required int MaxTokens { get; init; }
}

/// <summary>Where the new version goes.</summary>
/// <param name="Module"><c>owner/name</c>.</param>
/// <param name="PublishedBy">The name of the token that created the training, or null.</param>
/// <param name="IsAdmin">Whether it may add to modules of others.</param>
public sealed record TrainingDestination(string Module, string? PublishedBy, bool IsAdmin);

/// <summary>One example of the data.</summary>
public sealed record TrainingExample(string Input, string Target);
