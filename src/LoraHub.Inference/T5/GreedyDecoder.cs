using LoraHub.Inference.Lora;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>Greedy generation with a key-value cache.</summary>
static class GreedyDecoder
{
    /// <param name="ids">int64, (B, S), padded with the pad token; it is what counts as masked, as when transformers is given ids alone.</param>
    /// <returns>For each row the ids after the start token; a row that ended is filled with pad until the last row ends.</returns>
    /// <exception cref="OperationCanceledException">Checked once a token.</exception>
    public static long[][] Generate(T5Model model, Tensor ids, LoraLayers? lora, int maxNewTokens, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var cache = new DecoderCache(model.Config.DecoderLayers);
        var (pad, end) = (model.Config.PadTokenId, model.Config.EosTokenId);
        var rows = (int)ids.shape[0];
        var encoded = model.Encode(ids, ids.ne(pad), lora);
        var generated = Enumerable.Range(0, rows).Select(_ => new List<long>()).ToArray();
        var next = Enumerable.Repeat((long)model.Config.DecoderStartTokenId, rows).ToArray();
        var ended = new bool[rows];
        for (var step = 0; step < maxNewTokens && !ended.All(done => done); step++)
        {
            cancellationToken.ThrowIfCancellationRequested();
            next = Next(model, next, encoded, lora, cache);
            for (var row = 0; row < rows; row++)
            {
                next[row] = ended[row] ? pad : next[row];
                generated[row].Add(next[row]);
                ended[row] |= next[row] == end;
            }
        }

        return [.. generated.Select(row => row.ToArray())];
    }

    static long[] Next(T5Model model, long[] last, EncodedText encoded, LoraLayers? lora, DecoderCache cache)
    {
        using var scope = NewDisposeScope();
        var ids = tensor(last, [last.Length, 1], device: model.Device); // (B, 1)
        var logits = model.Logits(model.Decode(ids, encoded, lora, cache)); // (B, 1, vocabulary)
        return logits.squeeze(1).argmax(-1).cpu().data<long>().ToArray(); // (B)
    }
}
