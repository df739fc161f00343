using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.ModelConfig;

/// <summary>The linear layers of a T5, by their names in its checkpoint.</summary>
public static class T5Layers
{
    /// <summary>Returns the shape (out, in) of a linear layer's matrix, or null when the layer is not an attention or feed-forward layer.</summary>
    /// <param name="layer">The layer's name in the checkpoint, without <c>.weight</c>.</param>
    /// <param name="tensors">The tensors of a T5's checkpoint.</param>
    public static IReadOnlyList<long>? ShapeOf(string layer, IReadOnlyDictionary<string, TensorEntry> tensors) =>
        layer.AsSpan(layer.LastIndexOf('.') + 1) is "q" or "k" or "v" or "o" or "wi" or "wi_0" or "wi_1" or "wo"
        && tensors.TryGetValue(layer + ".weight", out var entry)
            ? entry.Shape
            : null;
}
