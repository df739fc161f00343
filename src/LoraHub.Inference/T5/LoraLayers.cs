using LoraHub.Inference.Kernels;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>One layer's low-rank update: x ↦ Scaling · B·(Gate ⊙ A·x), of one adapter or of P at once.</summary>
/// <param name="A">lora_A, (r, in), or (P, r, in) if it differs by adapter.</param>
/// <param name="B">lora_B, (out, r), or (P, out, r).</param>
/// <param name="Scaling">lora_alpha / r, or 1 if the gate contains it.</param>
/// <param name="Gate">(1, r), or (P, 1, r), or null for ones.</param>
sealed record LoraLayer(Tensor A, Tensor B, double Scaling, Tensor? Gate = null)
{
    /// <summary>ΔW of a single adapter, (out, in); belongs to the caller's scope.</summary>
    public Tensor DeltaWeight()
    {
        using var scope = NewDisposeScope();
        var b = Gate is null ? B : B.mul(Gate); // (out, r)
        return b.matmul(A).mul_(LiveScalar.Of(Scaling)).MoveToOuterDisposeScope();
    }

    /// <summary>Applies gate and scaling to the r numbers per token, which are fewer than the output's.</summary>
    /// <param name="inner">A·x, (…, r); changed in place.</param>
    public Tensor Weigh(Tensor inner)
    {
        if (Gate is not null)
        {
            inner.mul_(Gate);
        }

        return Scaling == 1 ? inner : inner.mul_(LiveScalar.Of(Scaling));
    }
}

/// <summary>
/// Composed adapters that the model applies beside its unchanged base matrices. P adapters apply to P repetitions of the same rows, with the
/// first adapter's tokens first. The tensors belong to the scope they were created in.
/// </summary>
/// <param name="layers">By the name of the base layer.</param>
/// <param name="adapters">P.</param>
sealed class LoraLayers(IReadOnlyDictionary<string, LoraLayer> layers, int adapters = 1) : LoraUpdates
{
    public IReadOnlyDictionary<string, LoraLayer> Layers => layers;

    /// <summary>P.</summary>
    public int Adapters => adapters;

    public override void AddUpdate(string layer, Tensor x, Tensor y, long start, long size)
    {
        if (!layers.TryGetValue(layer, out var update))
        {
            return;
        }

        using var scope = NewDisposeScope();
        var output = y.narrow(1, start, size); // (n, out)
        if (adapters == 1)
        {
            output.addmm_(update.Weigh(nn.functional.linear(x, update.A)), update.B.t());
        }
        else
        {
            var inner = update.Weigh(x.unflatten(0, adapters, -1).matmul(update.A.mT)); // (P, n/P, r)
            output.unflatten(0, adapters, -1).add_(inner.matmul(update.B.mT), LiveScalar.One);
        }
    }

    /// <summary>Adds the update of a layer W, (out, in), to q·W: q·ΔW.</summary>
    /// <param name="q">(H, n, K), with out = H·K.</param>
    /// <param name="product">(H, n, in), changed in place.</param>
    public void AddAbsorbedInput(string layer, Tensor q, Tensor product)
    {
        if (layers.TryGetValue(layer, out var update))
        {
            using var scope = NewDisposeScope();
            var inner = update.Weigh(Split(q).matmul(ByHeads(update.B, q.shape[0]))); // (H, P, n/P, r)
            Split(product).add_(inner.matmul(update.A), LiveScalar.One);
        }
    }

    /// <summary>Adds the update of a layer W, (out, in), to x·Wᵀ, with a separate x for each head.</summary>
    /// <param name="x">(H, n, in).</param>
    /// <param name="product">(H, n, K), with out = H·K; changed in place.</param>
    public void AddAbsorbedOutput(string layer, Tensor x, Tensor product)
    {
        if (layers.TryGetValue(layer, out var update))
        {
            using var scope = NewDisposeScope();
            var inner = update.Weigh(update.A.dim() == 2 ? Split(nn.functional.linear(x, update.A)) : Split(x).matmul(update.A.mT)); // (H, P, n/P, r)
            Split(product).add_(inner.matmul(ByHeads(update.B, x.shape[0]).mT), LiveScalar.One);
        }
    }

    Tensor Split(Tensor x) => x.unflatten(1, adapters, -1); // (H, n, …) → (H, P, n/P, …)

    // (out, r) → (H, 1, K, r), (P, out, r) → (H, P, K, r)
    static Tensor ByHeads(Tensor b, long heads) => b.dim() == 2 ? b.unflatten(0, heads, -1).unsqueeze(1) : b.unflatten(1, heads, -1).transpose(0, 1);
}
