using LoraHub.Inference.Checkpoints;

using static TorchSharp.torch;

namespace LoraHub.Inference.Lora;

/// <summary>One layer's factors in double precision, ΔW = <see cref="Scaling"/> · BA without forming it. Its tensors belong to the scope it was made in.</summary>
/// <param name="A">lora_A, (r, in).</param>
/// <param name="B">lora_B, (out, r).</param>
sealed record LayerUpdate(string Layer, Tensor A, Tensor B, double Scaling)
{
    public static LayerUpdate Read(ICheckpoint checkpoint, LayerSlot slot, double scaling) =>
        new(slot.Layer, checkpoint.Read(slot.KeyOfA).to(ScalarType.Float64), checkpoint.Read(slot.KeyOfB).to(ScalarType.Float64), scaling);

    public bool IsFinite() => A.isfinite().all().item<bool>() && B.isfinite().all().item<bool>();

    /// <summary>The singular values of ΔW, descending, at most r: those of the product of both triangles, since B = Q₁R₁, Aᵀ = Q₂R₂ and ΔW = s · Q₁(R₁R₂ᵀ)Q₂ᵀ.</summary>
    public double[] SingularValues()
    {
        using var scope = NewDisposeScope();
        var (_, ofB) = linalg.qr(B, linalg.QRMode.Reduced);
        var (_, ofA) = linalg.qr(A.t(), linalg.QRMode.Reduced);
        return [.. linalg.svdvals(ofB.matmul(ofA.t())).mul(Scaling).data<double>()];
    }

    /// <summary>⟨ΔW, ΔW'⟩ = s · s' · tr((B'ᵀB)(AA'ᵀ)): products of r × r, whatever the layer's size.</summary>
    public double Dot(LayerUpdate other)
    {
        using var scope = NewDisposeScope();
        return other.B.t().matmul(B).mul(other.A.matmul(A.t())).sum().item<double>() * Scaling * other.Scaling;
    }
}
