using static TorchSharp.torch;

namespace LoraHub.Inference.Lora;

/// <summary>One layer's low-rank update: x ↦ Scaling · B·(Gate ⊙ A·x).</summary>
/// <param name="A">lora_A, (r, in).</param>
/// <param name="B">lora_B, (out, r).</param>
/// <param name="Scaling">lora_alpha / r, or 1 where it is part of the gate.</param>
/// <param name="Gate">(r), or null for ones.</param>
sealed record LoraLayer(Tensor A, Tensor B, double Scaling, Tensor? Gate = null)
{
    /// <summary>ΔW, (out, in); belongs to the caller's scope.</summary>
    public Tensor DeltaWeight()
    {
        using var scope = NewDisposeScope();
        var b = Gate is null ? B : B.mul(Gate); // (out, r)
        return b.matmul(A).mul_(Scaling).MoveToOuterDisposeScope();
    }
}

/// <summary>A composed adapter as the model applies it: beside the base matrices, which stay as they are. Its tensors belong to the scope it was made in.</summary>
sealed class LoraLayers(IReadOnlyDictionary<string, LoraLayer> layers)
{
    /// <summary>By the name of the base layer.</summary>
    public IReadOnlyDictionary<string, LoraLayer> Layers => layers;

    /// <summary>Adds this adapter's update of a layer to the layer's output.</summary>
    /// <param name="x">(…, in).</param>
    /// <param name="y">(…, out), changed in place.</param>
    public void AddUpdate(string layer, Tensor x, Tensor y)
    {
        if (!layers.TryGetValue(layer, out var update))
        {
            return;
        }

        using var scope = NewDisposeScope();
        var inner = nn.functional.linear(x, update.A); // (…, r)
        if (update.Gate is not null)
        {
            inner.mul_(update.Gate);
        }

        y.add_(nn.functional.linear(inner, update.B), update.Scaling); // the reference, too, scales after B
    }
}
