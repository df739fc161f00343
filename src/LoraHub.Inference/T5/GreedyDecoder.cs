using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>Greedy generation for rows that start together and share their adapter.</summary>
static class GreedyDecoder
{
    /// <param name="inputs">Token ids. Pad tokens are masked, as in transformers without an attention mask.</param>
    /// <returns>The ids after the start token for each row, padded to the longest row.</returns>
    /// <exception cref="OperationCanceledException">Checked before each token.</exception>
    public static int[][] Generate(
        T5Model model, IReadOnlyList<int[]> inputs, LoraLayers? lora, int maxNewTokens, CancellationToken cancellationToken)
    {
        using var scope = NewDisposeScope();
        using var positions = model.AnswerPositions(maxNewTokens);
        var generated = inputs.Select(_ => new List<int>()).ToArray();
        var rows = Start(model, inputs, lora, maxNewTokens);
        try
        {
            var answering = Enumerable.Range(0, rows.Length).ToList(); // the rows that have not ended
            for (var step = 0; step < maxNewTokens && answering.Count > 0; step++)
            {
                cancellationToken.ThrowIfCancellationRequested();
                int[] last = [.. answering.Select(row => step == 0 ? model.Generation.StartTokenId : generated[row][^1])];
                var next = Next(model, last, [.. answering.Select(row => rows[row])], positions, lora);
                for (var i = 0; i < next.Length; i++)
                {
                    generated[answering[i]].Add(next[i]);
                }

                answering.RemoveAll(row => model.Generation.EndTokenIds.Contains(generated[row][^1]));
            }
        }
        finally
        {
            Array.ForEach(rows, row => row.Dispose());
        }

        var longest = generated.Max(row => row.Count);
        return [.. generated.Select(row => (int[])[.. row, .. Enumerable.Repeat(model.Generation.PadTokenId, longest - row.Count)])];
    }

    static AnswerRow[] Start(T5Model model, IReadOnlyList<int[]> inputs, LoraLayers? lora, int maxNewTokens)
    {
        using var rows = model.Inputs(inputs);
        var memories = model.Read(rows, lora);
        try
        {
            return [.. memories.Select(memory => new AnswerRow(memory, maxNewTokens))];
        }
        finally
        {
            foreach (var memory in memories)
            {
                memory.Return();
            }
        }
    }

    static int[] Next(T5Model model, int[] last, AnswerRow[] rows, Tensor positions, LoraLayers? lora)
    {
        using var scope = NewDisposeScope();
        var logits = model.Answer(last, rows, positions, lora); // (R, vocabulary)
        return [.. logits.argmax(-1).cpu().data<long>().ToArray().Select(id => (int)id)];
    }
}
