using LoraHub.Inference.Kernels;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Gradients;

/// <summary>Products with matrices of the base model, which have no gradient of their own. Used on one thread at a time.</summary>
/// <param name="keepsTransposes">
/// Whether each packed matrix is packed a second time, transposed, for the backward pass: its products then take half the time in fp32, and the
/// matrices twice the memory. Else a matrix is unpacked for the time of each product.
/// </param>
sealed class FrozenProducts(bool keepsTransposes) : IDisposable
{
    readonly Dictionary<Matrix, Tensor> _transposes = [];

    /// <summary>(n, in) → (n, out); belongs to the caller's scope.</summary>
    /// <param name="observe">Receives the gradient of the result, (n, out), and x in the backward pass; null for none.</param>
    public Tensor Multiply(Tensor x, Matrix matrix, Action<Tensor, Tensor>? observe = null)
    {
        var input = x.shape[1];
        return matrix.IsPacked || observe is not null ? OwnGradient.Of(x, matrix.Multiply, Gradient, Kept()) : matrix.Multiply(x);

        OwnGradient.Kept Kept() => observe is null ? OwnGradient.Kept.Nothing : OwnGradient.Kept.Input;

        Tensor Gradient(Tensor gradient, Tensor? kept)
        {
            observe?.Invoke(gradient, kept!);
            return MultiplyTransposed(gradient, matrix, input);
        }
    }

    /// <summary>The same with a matrix that is a plain tensor, (out, in).</summary>
    public static Tensor Multiply(Tensor x, Tensor matrix, Action<Tensor, Tensor>? observe)
    {
        return observe is null ? nn.functional.linear(x, matrix)
            : OwnGradient.Of(x, input => nn.functional.linear(input, matrix), Gradient, OwnGradient.Kept.Input);

        Tensor Gradient(Tensor gradient, Tensor? kept)
        {
            observe(gradient, kept!);
            return gradient.matmul(matrix);
        }
    }

    public void Dispose()
    {
        foreach (var transpose in _transposes.Values)
        {
            transpose.Dispose();
        }
    }

    Tensor MultiplyTransposed(Tensor gradient, Matrix matrix, long input) // (n, out) → (n, in)
    {
        using var scope = NewDisposeScope();
        if (!keepsTransposes || !matrix.IsPacked || !LibTorch.CanPack(gradient.dtype, input))
        {
            return gradient.matmul(matrix.Unpacked()).MoveToOuterDisposeScope();
        }

        if (!_transposes.TryGetValue(matrix, out var transpose))
        {
            transpose = _transposes[matrix] = LibTorch.Pack(matrix.Unpacked().t().contiguous()).DetachFromDisposeScope();
        }

        return LibTorch.Linear(gradient, transpose).MoveToOuterDisposeScope();
    }
}
