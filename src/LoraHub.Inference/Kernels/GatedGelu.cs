using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

using TorchSharp.Modules;

using static TorchSharp.torch;

namespace LoraHub.Inference.Kernels;

/// <summary>gelu(gate) ⊙ up in one pass, gelu by tanh (arXiv 1606.08415, section 2; the gated form: arXiv 2002.05202).</summary>
static unsafe class GatedGelu
{
    /// <param name="both">(n, 2·F): the gate, then up.</param>
    /// <returns>(n, F), of the same dtype; belongs to the caller's scope.</returns>
    public static Tensor Forward(Tensor both)
    {
        var size = both.shape[1] / 2;
        return Lanes.CanProcess(both) && size % Lanes.Count == 0 ? Fused(both, size) : Plain(both);
    }

    /// <summary>The same with libtorch's operations, in several passes.</summary>
    public static Tensor Plain(Tensor both)
    {
        using var scope = NewDisposeScope();
        var halves = both.chunk(2, -1);
        return nn.functional.gelu(halves[0], GELU.Approximate.tanh, inplace: false).mul_(halves[1]).MoveToOuterDisposeScope();
    }

    static Tensor Fused(Tensor both, long size)
    {
        var result = empty(both.shape[0], size, both.dtype);
        var work = new Work { Input = LibTorch.Data(both), Output = LibTorch.Data(result), Size = size };
        Threads.For((int)both.shape[0], both.numel(), both.dtype == ScalarType.BFloat16 ? &Rows<BFloat16> : &Rows<Float32>, &work);
        return result;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization)]
    static void Rows<T>(void* pointer, int from, int to)
        where T : struct, INumbers
    {
        // gelu(x) = x · (1 + tanh(√(2/π)·(x + 0.044715·x³))) / 2 = x / (1 + e^(−2·√(2/π)·(x + 0.044715·x³)))
        var linear = Vector512.Create(-1.5957691216057308f);
        var cubic = Vector512.Create(-1.5957691216057308f * 0.044715f);
        var work = (Work*)pointer;
        for (var row = from; row < to; row++)
        {
            var gate = row * 2L * work->Size;
            var up = gate + work->Size;
            var output = row * work->Size;
            for (var i = 0L; i < work->Size; i += Lanes.Count)
            {
                var x = T.Load(work->Input, gate + i);
                var exponent = x * Vector512.FusedMultiplyAdd(x * x, cubic, linear);
                var gelu = x / (Vector512<float>.One + Lanes.Exp(exponent));
                T.Store(gelu * T.Load(work->Input, up + i), work->Output, output + i);
            }
        }
    }

    [StructLayout(LayoutKind.Auto)]
    struct Work
    {
        public void* Input;
        public void* Output;
        public long Size;
    }
}
