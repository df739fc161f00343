using LoraHub.Formats.ModelConfig;

using static TorchSharp.torch;

namespace LoraHub.Inference.Generation;

/// <summary>Always takes the most probable token, until an end token or the limit.</summary>
/// <param name="maxNewTokens">At least 1.</param>
sealed class GreedyDecoding(GenerationConfig generation, int maxNewTokens) : Decoding
{
    int _taken;

    public override int Rows => 1;

    public override DecodingStep Next(Tensor logits)
    {
        using var largest = logits.argmax(-1);
        return Next((int)largest.item<long>());
    }

    /// <param name="token">The most probable one, where the caller knows it: one search serves all rows of a batch.</param>
    public DecodingStep Next(int token) => new([token], null, [token], ++_taken == maxNewTokens || generation.EndTokenIds.Contains(token));
}
