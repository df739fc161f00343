using LoraHub.Core.Predictions.Inputs;
using LoraHub.Formats.ModelConfig;

using static TorchSharp.torch;

namespace LoraHub.Inference.Generation;

/// <summary>
/// Chooses the tokens of one answer from the model's logits. It sees only its own rows, so its choices do not depend on what runs beside it.
/// </summary>
abstract class Decoding
{
    /// <summary>The rows that it occupies now: 1, or the number of beams.</summary>
    public abstract int Rows { get; }

    /// <param name="logits">Of the last token of each row, (<see cref="Rows"/>, vocabulary), fp32; borrowed, and not changed.</param>
    public abstract DecodingStep Next(Tensor logits);

    /// <summary>Sampling above temperature 0, else a beam search with more than one beam, else greedy.</summary>
    /// <param name="seed">Of the sampling.</param>
    public static Decoding For(PromptInput input, GenerationConfig generation, long seed) => input switch
    {
        { Temperature: > 0 } => new SamplingDecoding(generation, input, seed),
        { Beams: > 1 } => new BeamDecoding(generation, input.Beams, input.MaxNewTokens),
        _ => new GreedyDecoding(generation, input.MaxNewTokens),
    };
}

/// <summary>What follows from one step's logits.</summary>
/// <param name="Tokens">The next input of each row.</param>
/// <param name="Parents">The row that each row continues, 0 for the decoding's first; null if each continues itself.</param>
/// <param name="Settled">Tokens of the answer that cannot change anymore, after those of earlier steps; with the end token.</param>
/// <param name="IsEnded">Whether the answer is complete.</param>
sealed record DecodingStep(IReadOnlyList<int> Tokens, IReadOnlyList<int>? Parents, IReadOnlyList<int> Settled, bool IsEnded);
