using LoraHub.Inference.Kernels;

using static TorchSharp.torch;

namespace LoraHub.Inference.Gradients;

/// <summary>
/// AdamW (arXiv 1711.05101), computed as torch.optim.AdamW does: betas 0.9 and 0.999, epsilon 1e-8, decoupled weight decay. Owns its moments.
/// </summary>
/// <param name="numbers">The trained numbers, (T); borrowed.</param>
/// <param name="largestNorm">To which the gradient's norm is clipped before; infinite for none.</param>
sealed class AdamW(Tensor numbers, double weightDecay, double largestNorm) : IDisposable
{
    /// <summary>The clipping of trainings.</summary>
    public const double UsualNorm = 1;

    const double FirstBeta = 0.9, SecondBeta = 0.999, Epsilon = 1e-8;

    /// <summary>The moving mean of the gradients, (T).</summary>
    public Tensor FirstMoment { get; } = zeros_like(numbers).DetachFromDisposeScope();

    /// <summary>The moving mean of their squares, (T).</summary>
    public Tensor SecondMoment { get; } = zeros_like(numbers).DetachFromDisposeScope();

    /// <summary>Updates the numbers.</summary>
    /// <param name="gradient">(T); overwritten if it is clipped.</param>
    /// <param name="step">Counted from 1.</param>
    /// <returns>The gradient's norm before clipping. If it is not finite, nothing was updated.</returns>
    public double Step(Tensor gradient, double rate, int step)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var norm = gradient.norm().to(ScalarType.Float64).item<double>();
        if (!double.IsFinite(norm))
        {
            return norm;
        }

        gradient.mul_(LiveScalar.Of(Math.Min(1, largestNorm / (norm + 1e-6)))); // as torch.nn.utils.clip_grad_norm_
        numbers.mul_(LiveScalar.Of(1 - (rate * weightDecay)));
        FirstMoment.mul_(LiveScalar.Of(FirstBeta)).add_(gradient, LiveScalar.Of(1 - FirstBeta));
        SecondMoment.mul_(LiveScalar.Of(SecondBeta)).addcmul_(gradient, gradient, LiveScalar.Of(1 - SecondBeta));
        var (first, second) = (1 - Math.Pow(FirstBeta, step), 1 - Math.Pow(SecondBeta, step));
        var spread = SecondMoment.sqrt().div_(LiveScalar.Of(Math.Sqrt(second))).add_(LiveScalar.Of(Epsilon));
        numbers.addcdiv_(FirstMoment, spread, LiveScalar.Of(-rate / first));
        return norm;
    }

    public void Dispose()
    {
        FirstMoment.Dispose();
        SecondMoment.Dispose();
    }
}
