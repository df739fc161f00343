using LoraHub.Formats.Tensors;

namespace LoraHub.Formats.Adapters;

/// <summary>What a module may have at most.</summary>
/// <param name="Dimension">Of its matrices, in numbers.</param>
/// <param name="Matrices">Two for each adapted layer.</param>
public sealed record AdapterLimits(int Dimension, int Matrices);

/// <summary>One adapted layer.</summary>
/// <param name="Layer">The base layer's name in the checkpoint, without <c>.weight</c>.</param>
/// <param name="Rank">The rank r of this layer.</param>
/// <param name="Scaling">The factor of BA in this layer's update.</param>
/// <param name="Input">Columns of lora_A.</param>
/// <param name="Output">Rows of lora_B.</param>
/// <param name="Offset">Start of the layer's numbers in a flat module: lora_A (r × in), then lora_B (out × r), both row-major.</param>
public sealed record LayerSlot(string Layer, int Rank, double Scaling, long Input, long Output, long Offset)
{
    public long Size => Rank * (Input + Output);

    public string KeyOfA => AdapterLayout.Key(Layer, "lora_A");

    public string KeyOfB => AdapterLayout.Key(Layer, "lora_B");
}

/// <summary>The layers that a PEFT adapter updates and their shapes, ordered by name.</summary>
public sealed class AdapterLayout
{
    const string Prefix = "base_model.model.";

    const int LongestName = 200;

    readonly Dictionary<string, LayerSlot> _byLayer;

    AdapterLayout(IReadOnlyList<LayerSlot> slots) =>
        (Slots, _byLayer) = (slots, slots.ToDictionary(slot => slot.Layer, StringComparer.Ordinal));

    public IReadOnlyList<LayerSlot> Slots { get; }

    /// <summary>The layer's slot, or null if the adapter does not update it.</summary>
    public LayerSlot? Of(string layer) => _byLayer.GetValueOrDefault(layer);

    /// <summary>The largest rank of a layer.</summary>
    public int Rank => Slots.Max(slot => slot.Rank);

    /// <summary>Whether all layers have one rank and one scaling.</summary>
    public bool IsUniform => Slots.All(slot => slot.Rank == Slots[0].Rank && slot.Scaling == Slots[0].Scaling);

    /// <summary>The length of a flat module in numbers.</summary>
    public long Size => Slots[^1].Offset + Slots[^1].Size;

    /// <summary>Two layouts have the same signature if and only if their keys and shapes are equal.</summary>
    public string Signature => string.Join(';', Slots.Select(slot => $"{slot.Layer}:{slot.Output}x{slot.Rank}x{slot.Input}"));

    /// <summary>The layers of a layout with the signature.</summary>
    public static IEnumerable<string> LayersOf(string signature) => signature.Split(';').Select(slot => slot[..slot.LastIndexOf(':')]);

    /// <summary>Returns PEFT's name of a factor.</summary>
    public static string Key(string layer, string factor) => $"{Prefix}{layer}.{factor}.weight";

    /// <param name="limits">Null for a module that has to fit a base model anyway.</param>
    /// <exception cref="AdapterException">
    /// A key is not a LoRA factor, a layer lacks a factor, shapes do not match the configuration's r, or the module is over a limit.
    /// </exception>
    public static AdapterLayout Read(IReadOnlyDictionary<string, TensorEntry> entries, AdapterConfig config, AdapterLimits? limits = null)
    {
        if (entries.Count > limits?.Matrices)
        {
            throw new AdapterException(
                $"the checkpoint holds {entries.Count} matrices; a module may have {limits.Matrices} (Limits:ModuleMatrices).");
        }

        var slots = new List<LayerSlot>();
        var offset = 0L;
        foreach (var layer in entries.Keys.Select(LayerOf).Distinct().Order(StringComparer.Ordinal))
        {
            var slot = Slot(layer, Matrix(entries, Key(layer, "lora_A"), limits), Matrix(entries, Key(layer, "lora_B"), limits), config, offset);
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

    /// <summary>The layout of a LoRA with these layers, each once, whose factors already contain their scaling.</summary>
    /// <param name="layers">Each layer's name and the ranks, inputs and outputs of its two factors; at least one.</param>
    public static AdapterLayout Of(IEnumerable<(string Layer, int Rank, long Input, long Output)> layers)
    {
        var slots = new List<LayerSlot>();
        var offset = 0L;
        foreach (var (layer, rank, input, output) in layers.OrderBy(layer => layer.Layer, StringComparer.Ordinal))
        {
            slots.Add(new LayerSlot(layer, rank, Scaling: 1, input, output, offset));
            offset += slots[^1].Size;
        }

        return new AdapterLayout(slots);
    }

    static LayerSlot Slot(string layer, TensorEntry a, TensorEntry b, AdapterConfig config, long offset)
    {
        var (rank, alpha) = config.OfLayer(layer);
        return a.Shape[0] == rank && b.Shape[1] == rank
            ? new LayerSlot(layer, rank, config.ScalingOf(rank, alpha), a.Shape[1], b.Shape[0], offset)
            : throw new AdapterException(
                $"`{layer}` has lora_A ({string.Join(", ", a.Shape)}) and lora_B ({string.Join(", ", b.Shape)}), which do not match r {rank}.");
    }

    static string LayerOf(string key)
    {
        var layer = key.AsSpan();
        foreach (var suffix in (ReadOnlySpan<string>)[".lora_A.weight", ".lora_B.weight"])
        {
            if (layer.StartsWith(Prefix, StringComparison.Ordinal) && layer.EndsWith(suffix, StringComparison.Ordinal))
            {
                return Composable(layer[Prefix.Length..^suffix.Length].ToString());
            }
        }

        throw new AdapterException($"the checkpoint holds `{Shown(key)}`, which is not a LoRA factor.");
    }

    static string Composable(string layer) => layer switch
    {
        { Length: > LongestName } => throw new AdapterException($"it adapts `{Shown(layer)}`, a layer whose name has {layer.Length} characters."),
        "lm_head" => throw new AdapterException(
            "it adapts `lm_head`, the model's output layer, whose updates are not composed; train the adapter without `lm_head` in target_modules."),
        _ => layer,
    };

    static string Shown(string name) => name.Length <= LongestName ? name : string.Concat(name.AsSpan(0, LongestName), "…");

    static TensorEntry Matrix(IReadOnlyDictionary<string, TensorEntry> entries, string key, AdapterLimits? limits)
    {
        if (!entries.TryGetValue(key, out var entry))
        {
            throw new AdapterException($"the checkpoint lacks `{key}`.");
        }

        if (entry.Shape.Count != 2)
        {
            throw new AdapterException($"`{key}` has {entry.Shape.Count} dimensions; a factor has two.");
        }

        return entry.Shape.Any(size => size < 1 || size > (limits?.Dimension ?? int.MaxValue))
            ? throw new AdapterException(
                $"`{key}` is {entry.Shape[0]} × {entry.Shape[1]}; a dimension is 1 to {limits?.Dimension ?? int.MaxValue} (Limits:ModuleDimension).")
            : entry;
    }
}
