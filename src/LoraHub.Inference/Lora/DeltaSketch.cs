using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;

using static TorchSharp.torch;

namespace LoraHub.Inference.Lora;

/// <summary>
/// A short vector of a module's whole update whose products approximate those of the updates: number k is Σ over layers of gₖ · uₖᵀ ΔW vₖ / √K with random signs, so
/// that ⟨ΔW, ΔW'⟩ is what ⟨s, s'⟩ is in the mean (random projection; Johnson and Lindenstrauss). Enough to tell which few of ten thousand modules to compare exactly.
/// </summary>
/// <remarks>The signs follow from names and sizes alone: they must never change, or kept sketches would compare with new ones no more.</remarks>
sealed class DeltaSketch : IDisposable
{
    /// <summary>K.</summary>
    public const int Length = 1024;

    readonly Tensor _sum = zeros(Length, ScalarType.Float64).DetachFromDisposeScope();
    readonly Dictionary<(char Side, long Size), Tensor> _signs = [];

    /// <summary>Adds a layer.</summary>
    public void Add(LayerUpdate update)
    {
        using var scope = NewDisposeScope();
        var (left, right) = (Signs('u', update.B.shape[0]), Signs('v', update.A.shape[1]));
        var projected = left.matmul(update.B).mul(right.matmul(update.A.t())).sum(1); // (K)
        _sum.add_(projected.mul(Signs(update.Layer, Length)).mul(update.Scaling / Math.Sqrt(Length)));
    }

    /// <summary>fp32, little-endian.</summary>
    public byte[] ToBytes()
    {
        using var numbers = _sum.to(ScalarType.Float32);
        return MemoryMarshal.AsBytes<float>(numbers.data<float>().ToArray()).ToArray();
    }

    public void Dispose()
    {
        _sum.Dispose();
        foreach (var signs in _signs.Values)
        {
            signs.Dispose();
        }
    }

    /// <summary>(K, size).</summary>
    Tensor Signs(char side, long size)
    {
        if (!_signs.TryGetValue((side, size), out var signs))
        {
            _signs[(side, size)] = signs = Signs($"{side} {size}", Length * size).view(Length, size).DetachFromDisposeScope();
        }

        return signs;
    }

    /// <summary>±1, (count).</summary>
    static Tensor Signs(string seed, long count)
    {
        // A seeded Random keeps its numbers across machines and .NET versions.
        var random = new Random(BitConverter.ToInt32(SHA256.HashData(Encoding.UTF8.GetBytes(seed))));
        var bytes = new byte[count];
        random.NextBytes(bytes);
        return tensor(bytes).bitwise_and(1).to(ScalarType.Float64).mul_(2).sub_(1);
    }
}
