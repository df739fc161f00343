using TorchSharp;

#pragma warning disable RS0030 // Scalars are made here, and nowhere else (build/BannedSymbols.Tensors.txt).

namespace LoraHub.Inference.Kernels;

/// <summary>
/// Numbers for operations on tensors. TorchSharp 0.107 passes a Scalar's address to libtorch without keeping the Scalar alive, so that a garbage
/// collection can free it before libtorch reads it: the operation then fails, or takes another number. A Scalar from here lives long enough.
/// </summary>
static class LiveScalar
{
    const int Kept = 16; // more than one operation takes

    [ThreadStatic]
    static Scalar[]? _last;

    [ThreadStatic]
    static int _next;

    /// <summary>For sums, which multiply the second term by it.</summary>
    public static readonly Scalar One = 1;

    /// <summary>Stays alive until this thread has asked for 16 more.</summary>
    public static Scalar Of(double value) => Keep(value);

    /// <inheritdoc cref="Of(double)"/>
    public static Scalar Of(long value) => Keep(value);

    static Scalar Keep(Scalar scalar)
    {
        _last ??= new Scalar[Kept];
        _next = (_next + 1) % Kept;
        return _last[_next] = scalar;
    }
}
