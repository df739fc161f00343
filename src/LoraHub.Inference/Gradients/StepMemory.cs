using LoraHub.Formats.ModelConfig;
using LoraHub.Inference.T5;

using TorchSharp;

using static TorchSharp.torch;

namespace LoraHub.Inference.Gradients;

/// <summary>Splits a step into micro-batches whose memory is bounded, estimated from shapes. Bytes beside the model and the factors.</summary>
/// <param name="hasDropout">Whether masks of dropout are kept.</param>
/// <param name="limit">For the states of one micro-batch.</param>
/// <param name="keepsInputs">Whether the inputs of all linear layers are kept, for the gradients of their updates.</param>
sealed class StepMemory(
    T5Model model, LoraFactors factors, bool hasDropout, long limit = StepMemory.DefaultLimit, bool keepsInputs = false)
{
    public const long DefaultLimit = 4L << 30;

    readonly T5Config _config = model.Config;

    /// <summary>Whether packed matrices may be kept a second time, transposed; see <see cref="FrozenProducts"/>.</summary>
    public bool KeepsTransposes => model.Weights.PackedBytes <= limit;

    /// <summary>The most bytes of a step of so many rows of up to so many tokens.</summary>
    public long Bound(int rows, int tokens) =>
        Math.Min(Kept(rows, tokens, tokens), Math.Max(limit, Recomputed(1, tokens, tokens))) + (KeepsTransposes ? model.Weights.PackedBytes : 0);

    /// <summary>Splits consecutive rows.</summary>
    /// <returns>The rows, and whether their layers have to be computed again in the backward pass: a row that is over the limit by itself.</returns>
    public IEnumerable<(Range Rows, bool Recompute)> Split(IReadOnlyList<TuningExample> rows)
    {
        var start = 0;
        var (longestInput, longestTarget) = (0, 0);
        for (var row = 0; row < rows.Count; row++)
        {
            (longestInput, longestTarget) = (Math.Max(longestInput, rows[row].Input.Length), Math.Max(longestTarget, rows[row].Labels.Length));
            if (row > start && Kept(row - start + 1, longestInput, longestTarget) > limit)
            {
                yield return (start..row, IsLarge(start, row));
                (start, longestInput, longestTarget) = (row, rows[row].Input.Length, rows[row].Labels.Length);
            }
        }

        yield return (start..rows.Count, IsLarge(start, rows.Count));

        bool IsLarge(int from, int to) => to - from == 1 && Kept(1, rows[from].Input.Length, rows[from].Labels.Length) > limit;
    }

    /// <summary>The states of all layers, kept for the backward pass.</summary>
    /// <param name="inputs">Tokens of the longest input.</param>
    /// <param name="targets">Tokens of the longest target.</param>
    public long Kept(long rows, long inputs, long targets) => WithSlack(
        (_config.NumLayers * Encoder(rows, inputs)) + (_config.DecoderLayers * Decoder(rows, inputs, targets)) + Once(rows, inputs, targets));

    /// <summary>The residual stream between layers, and the states of one layer.</summary>
    public long Recomputed(long rows, long inputs, long targets)
    {
        var stream = rows * _config.DModel * Wide * ((_config.NumLayers * inputs) + (_config.DecoderLayers * targets));
        return WithSlack(stream + Math.Max(Encoder(rows, inputs), Decoder(rows, inputs, targets)) + Once(rows, inputs, targets));
    }

    /// <summary>With the gradients of a layer's states, the allocator's unused memory and libtorch's workspaces (bench -- tune).</summary>
    static long WithSlack(long bytes) => (bytes * 3 / 2) + (64L << 20);

    long Narrow => model.ComputeType.ElementSize();

    long Wide => model.StreamType.ElementSize();

    long Inner => (long)_config.NumHeads * _config.DKv;

    long Encoder(long rows, long tokens) =>
        Updates("encoder.block.0.", rows * tokens) + Inputs(rows * tokens)
        + Attention(rows, tokens, tokens) + (3 * Inner * Narrow * rows * tokens) + Dense(rows * tokens);

    long Decoder(long rows, long inputs, long targets) =>
        Updates("decoder.block.0.", rows * Math.Max(inputs, targets)) + Inputs(rows * (inputs + (2 * targets)))
        + Attention(rows, targets, targets) + Attention(rows, targets, inputs)
        + (Inner * Narrow * rows * ((4 * targets) + (4 * inputs))) + (_config.DModel * Wide * rows * targets) + Dense(rows * targets);

    /// <summary>Whether kernels keep one tensor where libtorch's operations keep several.</summary>
    bool IsFused => model.Device.type == DeviceType.CPU && model.ComputeType != ScalarType.Float64;

    /// <summary>The residual stream before both norms, the gate's two halves, without kernels also their product, and the context.</summary>
    long Dense(long tokens)
    {
        var gate = !_config.IsGated ? 1 : IsFused ? 2 : 4;
        return tokens * ((2 * _config.DModel * Wide) + (((gate * _config.DFf) + Inner + _config.DModel) * Narrow));
    }

    /// <summary>The softmax; without kernels in fp32 and in the compute dtype.</summary>
    long Attention(long rows, long queries, long keys) =>
        rows * _config.NumHeads * queries * keys * (IsFused || Narrow == sizeof(float) ? Narrow : sizeof(float) + Narrow);

    /// <summary>The inputs of the layers' first factors with their masks, and what is between the factors.</summary>
    long Updates(string block, long tokens) => factors.Layout.Slots
        .Where(slot => slot.Layer.StartsWith(block, StringComparison.Ordinal))
        .Sum(slot => tokens * Narrow * (((hasDropout ? 2 : 0) * slot.Input) + (2L * slot.Rank) + slot.Output));

    /// <summary>The inputs of q, k and v together, of o, of wi and of wo.</summary>
    long Inputs(long tokens) => keepsInputs ? tokens * Narrow * ((2 * _config.DModel) + Inner + _config.DFf) : 0;

    /// <summary>What is in memory for a moment, or once for all layers: scores, gradients of the widest states, bias, logits.</summary>
    long Once(long rows, long inputs, long targets)
    {
        var scores = rows * _config.NumHeads * Math.Max(inputs, targets) * Math.Max(inputs, targets) * Wide;
        var states = rows * Math.Max(inputs, targets) * 4 * _config.DFf * Wide;
        var matrix = 2L * _config.DFf * _config.DModel * Narrow;
        var logits = (rows * targets * _config.VocabSize * 3 * Wide) + ((long)_config.VocabSize * _config.DModel * Wide);
        return (4 * scores) + Math.Max(states + matrix, logits);
    }
}
