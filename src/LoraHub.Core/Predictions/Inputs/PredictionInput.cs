using System.Text.Json.Serialization;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>How weighted modules become one adapter.</summary>
public enum Composition
{
    /// <summary>A = Σ wᵢAᵢ and B = Σ wᵢBᵢ (arXiv 2307.13269, equation 1).</summary>
    Factors,

    /// <summary>ΔW = Σ wᵢ · scalingᵢ · BᵢAᵢ; any ranks and targets.</summary>
    Delta,
}

public static class CompositionWords
{
    /// <summary>The composition as requests and outputs write it.</summary>
    public static string Word(this Composition composition) => composition == Composition.Delta ? "delta" : "factors";
}

/// <summary>The function that the search minimizes on the few-shot examples.</summary>
public enum Objective
{
    /// <summary>Mean token cross-entropy, divided by the number of examples, + 0.05 · Σ|wᵢ| / N.</summary>
    Reference,

    /// <summary>Mean token cross-entropy + 0.05 · Σ|wᵢ| / N.</summary>
    TokenLoss,
}

/// <summary>Which modules of the pool a prediction composes.</summary>
public enum ModuleSelection
{
    /// <summary>The requested number of modules, drawn at random, as the reference does.</summary>
    Random,

    All,

    /// <summary>The requested number of modules whose text matches the examples best.</summary>
    Similar,

    /// <summary>The modules with the lowest loss on the examples when each is tried alone.</summary>
    Probe,

    /// <summary>The modules along which the loss on the examples falls most steeply, by the gradient at w = 0.</summary>
    Slopes,
}

/// <summary>Which files a prediction produces.</summary>
public enum OutputFormat
{
    Adapter,
    Checkpoint,
}

/// <summary>A validated input with defaults filled in.</summary>
public sealed record PredictionInput
{
    /// <summary>At least one.</summary>
    public required IReadOnlyList<string> ExampleInputs { get; init; }

    /// <summary>As many as inputs.</summary>
    public required IReadOnlyList<string> ExampleOutputs { get; init; }

    /// <summary>Whether the client gave examples; otherwise they are the defaults.</summary>
    public required bool HasOwnExamples { get; init; }

    /// <summary>Ids in the order given, each once, or null to draw.</summary>
    public IReadOnlyList<string>? Modules { get; init; }

    public required int RandomModules { get; init; }

    /// <summary>K, the number of objective evaluations.</summary>
    public required int Budget { get; init; }

    public long? Seed { get; init; }

    /// <summary>Empty when there is no test input.</summary>
    public required IReadOnlyList<string> TestInputs { get; init; }

    /// <summary>As many as test inputs, or null.</summary>
    public IReadOnlyList<string>? TestOutputs { get; init; }

    public required Composition Composition { get; init; }

    public required Objective Objective { get; init; }

    public required ModuleSelection ModuleSelection { get; init; }

    public required string Optimizer { get; init; }

    /// <summary>Steps of gradient descent on the composed adapter after the search. 0 for none.</summary>
    public int TuningSteps { get; init; }

    /// <summary>Weights to compose without a search, in the order of <see cref="Modules"/>, or null to search.</summary>
    public IReadOnlyList<double>? Weights { get; init; }

    public required OutputFormat OutputFormat { get; init; }

    public required int MaxNewTokens { get; init; }

    public required bool Controls { get; init; }

    /// <summary>
    /// The earlier result to reuse instead of composing: the client's reference, and in a plan the digest of its <c>adapter.zip</c>. A module is in
    /// <see cref="Modules"/> instead. Null to compose.
    /// </summary>
    public string? Adapter { get; init; }

    /// <summary>Whether the one module was named as the adapter.</summary>
    public bool IsAdapterModule { get; init; }

    /// <summary>The input that decides on the modules, for messages.</summary>
    [JsonIgnore]
    public string ModulesField =>
        IsAdapterModule ? InputSchema.Adapter
        : Weights is not null ? InputSchema.ModuleWeights
        : Modules is not null ? InputSchema.LoraModulesSpecified
        : InputSchema.ModuleSelection;
}
