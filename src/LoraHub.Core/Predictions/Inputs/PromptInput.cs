namespace LoraHub.Core.Predictions.Inputs;

/// <summary>The validated input of a text model, with defaults filled in.</summary>
public sealed record PromptInput
{
    /// <summary>Not empty.</summary>
    public required string Prompt { get; init; }

    public required int MaxNewTokens { get; init; }

    /// <summary>0 decodes greedily, or by beams; more samples.</summary>
    public required double Temperature { get; init; }

    /// <summary>Samples from the most probable tokens whose probabilities add up to this; 1 for all.</summary>
    public required double TopP { get; init; }

    /// <summary>Samples from this many of the most probable tokens; 0 for all.</summary>
    public required int TopK { get; init; }

    /// <summary>1 without beam search; more only at temperature 0.</summary>
    public required int Beams { get; init; }

    public long? Seed { get; init; }

    /// <summary>The answer ends before the first of these texts; none is empty.</summary>
    public IReadOnlyList<string> Stop { get; init; } = [];
}
