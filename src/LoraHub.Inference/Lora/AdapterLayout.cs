using LoraHub.Inference.Checkpoints;

using static TorchSharp.torch;

namespace LoraHub.Inference.Lora;

/// <summary>One adapted layer.</summary>
/// <param name="Layer">The base layer's name in the checkpoint, without <c>.weight</c>.</param>
/// <param name="Rank">r.</param>
/// <param name="Input">Columns of lora_A.</param>
/// <param name="Output">Rows of lora_B.</param>
/// <param name="Offset">Where the layer's numbers begin in a flat module: lora_A (r × in) first, then lora_B (out × r), both by rows.</param>
sealed record LayerSlot(string Layer, int Rank, long Input, long Output, long Offset)
{
    public long Size => Rank * (Input + Output);

    public string KeyOfA => AdapterLayout.Key(Layer, "lora_A");

    public string KeyOfB => AdapterLayout.Key(Layer, "lora_B");

    /// <summary>The layer's lora_A, (…, r, in), as a view of flat modules, (…, P).</summary>
    public Tensor A(Tensor numbers) => numbers.narrow(numbers.dim() - 1, Offset, Rank * Input).unflatten(numbers.dim() - 1, Rank, Input);

    /// <summary>The layer's lora_B, (…, out, r), as a view of flat modules, (…, P).</summary>
    public Tensor B(Tensor numbers) => numbers.narrow(numbers.dim() - 1, Offset + (Rank * Input), Output * Rank).unflatten(numbers.dim() - 1, Output, Rank);
}

/// <summary>Which layers a PEFT adapter updates, in which shapes, in the order of their names.</summary>
sealed class AdapterLayout
{
    const string Prefix = "base_model.model.";

    AdapterLayout(IReadOnlyList<LayerSlot> slots) => Slots = slots;

    public IReadOnlyList<LayerSlot> Slots { get; }

    /// <summary>How many numbers a flat module has.</summary>
    public long Size => Slots[^1].Offset + Slots[^1].Size;

    /// <summary>Equal for two layouts exactly when keys and shapes are equal.</summary>
    public string Signature => string.Join(';', Slots.Select(slot => $"{slot.Layer}:{slot.Output}x{slot.Rank}x{slot.Input}"));

    /// <summary>PEFT's name of a factor.</summary>
    public static string Key(string layer, string factor) => $"{Prefix}{layer}.{factor}.weight";

    /// <exception cref="AdapterException">A key is no LoRA factor, a factor lacks its partner, or shapes do not fit r.</exception>
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
                    $"`{layer}` has lora_A ({string.Join(", ", a.Shape)}) and lora_B ({string.Join(", ", b.Shape)}), which do not fit r {rank}.");
            }

            var slot = new LayerSlot(layer, rank, a.Shape[1], b.Shape[0], offset);
            offset += slot.Size;
            slots.Add(slot);
        }

        return slots.Count > 0 ? new AdapterLayout(slots) : throw new AdapterException("the checkpoint holds no tensor.");
    }

    /// <param name="shapeOf">The shape of a layer's matrix in the base model, (out, in), or null when it has no such layer.</param>
    /// <exception cref="AdapterException">A layer is missing there, or has another shape.</exception>
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
                    $"its update of `{slot.Layer}` is {slot.Output} × {slot.Input}, the base model's layer {output} × {input}: it is a module of another architecture.");
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

        throw new AdapterException($"the checkpoint holds `{key}`, which is no LoRA factor.");
    }

    static TensorEntry Matrix(IReadOnlyDictionary<string, TensorEntry> entries, string key) =>
        !entries.TryGetValue(key, out var entry) ? throw new AdapterException($"the checkpoint lacks `{key}`.")
        : entry.Shape.Count != 2 ? throw new AdapterException($"`{key}` has {entry.Shape.Count} dimensions; a factor has two.")
        : entry;
}
