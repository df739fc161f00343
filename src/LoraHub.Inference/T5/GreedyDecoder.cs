
using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>Greedy generation with a key-value cache.</summary>
static class GreedyDecoder
{
    /// <param name="inputs">Token ids. Pad tokens are masked, as in transformers without an attention mask.</param>
    /// <returns>The ids after the start token for each row, padded to the longest row.</returns>
    /// <exception cref="OperationCanceledException">Checked before each token.</exception>
    public static int[][] Generate(
        T5Model model, IReadOnlyList<int[]> inputs, LoraLayers? lora, int maxNewTokens, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var cache = new DecoderCache(model.Config.DecoderLayers);
        var (start, ends, pad) = (model.Generation.StartTokenId, model.Generation.EndTokenIds, model.Generation.PadTokenId);
        using var rows = model.Inputs(inputs);
        var encoded = model.Encode(rows, lora);
        var generated = inputs.Select(_ => new List<int>()).ToArray();
        var next = inputs.Select(_ => start).ToArray();
        var ended = new bool[inputs.Count];
        for (var step = 0; step < maxNewTokens && !ended.All(done => done); step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            next = Next(model, next, encoded, lora, cache);
            for (var row = 0; row < next.Length; row++)
            {
                next[row] = ended[row] ? pad : next[row];
                generated[row].Add(next[row]);
                ended[row] |= ends.Contains(next[row]);
            }
        }

        return [.. generated.Select(row => row.ToArray())];
    }

    static int[] Next(T5Model model, int[] last, EncodedText encoded, LoraLayers? lora, DecoderCache cache)
    {
        using var scope = NewDisposeScope();
        using var rows = TokenRows.Of([.. last.Select(id => new[] { id })], model.Device);
        var logits = model.Logits(model.Decode(rows, encoded, lora, cache)); // (B, vocabulary)
        return [.. logits.argmax(-1).cpu().data<long>().ToArray().Select(id => (int)id)];
    }
}
