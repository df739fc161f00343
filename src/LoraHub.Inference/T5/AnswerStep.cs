using LoraHub.Formats.ModelConfig;
using LoraHub.Inference.Kernels;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>One step of the decoder: one more token of each row, whose keys and values become the rows' last ones.</summary>
sealed class AnswerStep
{
    readonly T5Config _config;
    readonly IReadOnlyList<AnswerRow> _rows;
    readonly Tensor _positions;
    readonly AttendedRow[]? _own, _memory; // null where only libtorch can attend

    /// <param name="rows">With room for the token.</param>
    /// <param name="positions">See <see cref="T5Model.AnswerPositions"/>; borrowed.</param>
    /// <param name="type">The dtype of queries, keys and values.</param>
    public AnswerStep(T5Config config, IReadOnlyList<AnswerRow> rows, Tensor positions, ScalarType type)
    {
        (_config, _rows, _positions) = (config, rows, positions);
        if (TokenAttention.CanProcess(positions, type, config.DKv))
        {
            _own = [.. rows.Select(row => row.Own())];
            _memory = [.. rows.Select(row => row.Memory())];
        }
    }

    /// <param name="x">The tokens' queries, keys and values, (R, 3·H·K).</param>
    /// <returns>(R, H·K); belongs to the caller's scope.</returns>
    public Tensor AttendToOwn(Tensor x, int layer) => _own is not null
        ? TokenAttention.Forward(x, _own, layer, _config.NumHeads, _config.DKv, _positions, appends: true)
        : TokenAttention.Plain(x, [.. _rows.Select(row => row.OwnOf(layer))], _positions, appends: true);

    /// <param name="x">The tokens' queries, (R, H·K).</param>
    /// <returns>(R, H·K); belongs to the caller's scope.</returns>
    public Tensor AttendToMemory(Tensor x, int layer) => _memory is not null
        ? TokenAttention.Forward(x, _memory, layer, _config.NumHeads, _config.DKv, bias: null, appends: false)
        : TokenAttention.Plain(x, [.. _rows.Select(row => row.MemoryOf(layer))], bias: null, appends: false);
}
