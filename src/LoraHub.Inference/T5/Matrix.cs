using LoraHub.Inference.Kernels;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>A matrix, (out, in), unpacked or packed; owned by the weights it came from.</summary>
sealed class Matrix(bool isPacked)
{
    /// <summary>Set by <see cref="T5Weights.ReadAll"/>.</summary>
    public Tensor Weight { get; set; } = null!;

    /// <summary>Where <see cref="Weight"/> lies, if it is read there.</summary>
    public PackedMatrix? Packed { get; set; }

    /// <summary>The same, rounded; null if it is not.</summary>
    public RoundedMatrix? Rounded { get; set; }

    /// <summary>What rounding left, rounded; null if it does not count. The head's does: most answers that rounding changed, it changed.</summary>
    public RoundedMatrix? Rest { get; set; }

    /// <summary>(n, in) → (n, out); belongs to the caller's scope.</summary>
    public Tensor Multiply(Tensor x) => isPacked ? LibTorch.Linear(x, Weight) : nn.functional.linear(x, Weight);

    /// <summary>
    /// The same for the next tokens of a few answers: in fp32 at the memory's speed, or with the matrix rounded to 8 bits where it was loaded so.
    /// </summary>
    public Tensor MultiplyFew(Tensor x) =>
        Rounded is not null ? RoundedProduct.Forward(x, Rounded, Rest)
        : Packed is not null && PackedProduct.CanProcess(x) ? PackedProduct.Forward(x, Packed)
        : Multiply(x);

    public bool IsPacked => isPacked;

    /// <summary>(out, in); belongs to the caller's scope.</summary>
    public Tensor Unpacked() => isPacked ? Weight.to_dense() : Weight.alias();
}
