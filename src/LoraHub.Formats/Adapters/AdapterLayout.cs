using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.Adapters;

/// <summary>One adapted layer.</summary>
/// <param name="Layer">The base layer's name in the checkpoint, without <c>.weight</c>.</param>
/// <param name="Rank">The rank r.</param>
/// <param name="Input">Columns of lora_A.</param>
/// <param name="Output">Rows of lora_B.</param>
/// <param name="Offset">Start of the layer's numbers in a flat module: lora_A (r × in), then lora_B (out × r), both row-major.</param>
public sealed record LayerSlot(string Layer, int Rank, long Input, long Output, long Offset)
{
    public long Size => Rank * (Input + Output);

    public string KeyOfA => AdapterLayout.Key(Layer, "lora_A");

    public string KeyOfB => AdapterLayout.Key(Layer, "lora_B");
}

/// <summary>The layers that a PEFT adapter updates and their shapes, ordered by name.</summary>
public sealed class AdapterLayout
{
    const string Prefix = "base_model.model.";

    AdapterLayout(IReadOnlyList<LayerSlot> slots) => Slots = slots;

    public IReadOnlyList<LayerSlot> Slots { get; }

    /// <summary>The length of a flat module in numbers.</summary>
    public long Size => Slots[^1].Offset + Slots[^1].Size;

    /// <summary>Two layouts have the same signature if and only if their keys and shapes are equal.</summary>
    public string Signature => string.Join(';', Slots.Select(slot => $"{slot.Layer}:{slot.Output}x{slot.Rank}x{slot.Input}"));

    /// <summary>Returns PEFT's name of a factor.</summary>
    public static string Key(string layer, string factor) => $"{Prefix}{layer}.{factor}.weight";

    /// <exception cref="AdapterException">A key is not a LoRA factor, a layer lacks a factor, or shapes do not match r.</exception>
    public static AdapterLayout Read(IReadOnlyDictionary<string, TensorEntry> entries, int rank)
    {
        var slots = new List<LayerSlot>();
        var offset = 0L;
        foreach (var layer in entries.Keys.Select(LayerOf).Distinct().Order(StringComparer.Ordinal))
        {
            var a = Matrix(entries, Key(layer, "lora_A"));
            var b = Matrix(entries, Key(layer, "lora_B"));
            if (a.Shape[0] != rank || b.Shape[1] != rank)
            {
                throw new AdapterException(
                    $"`{layer}` has lora_A ({string.Join(", ", a.Shape)}) and lora_B ({string.Join(", ", b.Shape)}), which do not match r {rank}.");
            }

            var slot = new LayerSlot(layer, rank, a.Shape[1], b.Shape[0], offset);
            offset += slot.Size;
            slots.Add(slot);
        }

        return slots.Count > 0 ? new AdapterLayout(slots) : throw new AdapterException("the checkpoint holds no tensor.");
    }

    /// <param name="shapeOf">Returns the shape (out, in) of a layer's matrix in the base model, or null when it has no such layer.</param>
    /// <exception cref="AdapterException">The base model lacks a layer, or the layer has another shape.</exception>
    public void CheckFits(Func<string, IReadOnlyList<long>?> shapeOf)
    {
        foreach (var slot in Slots)
        {
            if (shapeOf(slot.Layer) is not [var output, var input])
            {
                throw new AdapterException($"it adapts `{slot.Layer}`, which the base model does not have: it is a module of another architecture.");
            }

            if (output != slot.Output || input != slot.Input)
            {
                throw new AdapterException(
                    $"its update of `{slot.Layer}` is {slot.Output} × {slot.Input}, but the base model's layer is {output} × {input}: "
                    + "it is a module of another architecture.");
            }
        }
    }

    static string LayerOf(string key)
    {
        var layer = key.AsSpan();
        foreach (var suffix in (ReadOnlySpan<string>)[".lora_A.weight", ".lora_B.weight"])
        {
            if (layer.StartsWith(Prefix, StringComparison.Ordinal) && layer.EndsWith(suffix, StringComparison.Ordinal))
            {
                return layer[Prefix.Length..^suffix.Length].ToString();
            }
        }

        throw new AdapterException($"the checkpoint holds `{key}`, which is not a LoRA factor.");
    }

    static TensorEntry Matrix(IReadOnlyDictionary<string, TensorEntry> entries, string key) =>
        !entries.TryGetValue(key, out var entry) ? throw new AdapterException($"the checkpoint lacks `{key}`.")
        : entry.Shape.Count != 2 ? throw new AdapterException($"`{key}` has {entry.Shape.Count} dimensions; a factor has two.")
        : entry;
}
