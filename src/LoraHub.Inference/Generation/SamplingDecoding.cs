using LoraHub.Core.Predictions.Inputs;
using LoraHub.Formats.ModelConfig;
using LoraHub.Inference.Kernels;

using static TorchSharp.torch;

namespace LoraHub.Inference.Generation;

/// <summary>
/// Draws each token from the model's distribution, shaped as in transformers 4.31: temperature, then top_k, then top_p. The draw of a step depends
/// on the seed, the step and its distribution only.
/// </summary>
/// <param name="input">Its temperature is above 0.</param>
sealed class SamplingDecoding(GenerationConfig generation, PromptInput input, long seed) : Decoding
{
    int _step;

    public override int Rows => 1;

    public override DecodingStep Next(Tensor logits)
    {
        var token = Draw(logits, CounterRandom.Next(seed, _step++));
        return new([token], null, [token], _step == input.MaxNewTokens || generation.EndTokenIds.Contains(token));
    }

    /// <summary>The tokens' probabilities, (vocabulary), or null where the temperature is so low that only the most probable token remains.</summary>
    /// <param name="logits">(1, vocabulary)</param>
    public static float[]? Probabilities(Tensor logits, PromptInput input)
    {
        using var scope = NewDisposeScope();
        var scores = logits.div(LiveScalar.Of(input.Temperature));
        if (!float.IsFinite(scores.max().item<float>()))
        {
            return null;
        }

        // Equals of the last token of the top k stay, too.
        scores = input.TopK is > 0 and var most && most < scores.shape[^1]
            ? scores.masked_fill(scores.lt(scores.topk(most).values[.., ^1..]), LiveScalar.Of(double.NegativeInfinity))
            : scores;
        scores = input.TopP < 1 ? WithinTopP(scores, input.TopP) : scores;
        return scores.softmax(-1).cpu().data<float>().ToArray();
    }

    // The most probable tokens up to the one with which their probabilities reach top_p, at least one; of equals, those with the highest ids.
    static Tensor WithinTopP(Tensor scores, double topP)
    {
        var (sorted, ids) = scores.sort(-1, descending: false, stable: true);
        var isRemoved = sorted.softmax(-1).cumsum(-1).le(LiveScalar.Of(1 - topP));
        isRemoved[.., ^1..] = false;
        return scores.masked_fill(isRemoved.scatter(-1, ids, isRemoved), LiveScalar.Of(double.NegativeInfinity));
    }

    int Draw(Tensor logits, double uniform)
    {
        if (Probabilities(logits, input) is not { } probabilities)
        {
            using var largest = logits.argmax(-1);
            return (int)largest.item<long>();
        }

        // The first token, by id, with which the sum of the probabilities exceeds the drawn part of the whole sum.
        var drawn = uniform * probabilities.Sum(probability => (double)probability);
        var (sum, token) = (0.0, -1);
        for (var id = 0; id < probabilities.Length && sum <= drawn; id++)
        {
            (sum, token) = probabilities[id] > 0 ? (sum + probabilities[id], id) : (sum, token);
        }

        return token;
    }
}
