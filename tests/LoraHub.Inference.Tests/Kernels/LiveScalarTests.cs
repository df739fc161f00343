using System.Runtime.CompilerServices;
using LoraHub.Inference.Kernels;
using TorchSharp;

namespace LoraHub.Inference.Tests.Kernels;

/// <summary>TorchSharp's numbers may be freed while an operation reads them; these may not.</summary>
public sealed class LiveScalarTests
{
    [Fact]
    public void A_number_outlives_a_collection()
    {
        var (kept, lost) = Make();

        GC.Collect();
        GC.WaitForPendingFinalizers();

        Assert.True(kept.IsAlive);
        Assert.False(lost.IsAlive); // so the collection was one that frees
    }

    [MethodImpl(MethodImplOptions.NoInlining)]
    static (WeakReference Kept, WeakReference Lost) Make() => (new(LiveScalar.Of(0.5)), new((Scalar)0.5));
}
