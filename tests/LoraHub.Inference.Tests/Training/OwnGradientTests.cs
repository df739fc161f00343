using LoraHub.Inference.Gradients;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Training;

/// <summary>Operations that compute their gradient themselves.</summary>
public sealed class OwnGradientTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void An_exception_in_a_gradient_ends_the_backward_pass_and_not_the_process(bool recompute)
    {
        using var scope = NewDisposeScope();
        using var x = ones(3).requires_grad_(true);

        var exception = Assert.Throws<InvalidOperationException>(() => Backward(x, recompute, _ => throw new InvalidOperationException("broken")));

        Assert.Equal("broken", exception.Message);
        Assert.Null(x.grad);
        Backward(x, recompute, gradient => gradient.mul(2)); // nothing of the failure is left
        Assert.Equal([2f, 2f, 2f], x.grad!.data<float>().ToArray());
    }

    [Fact]
    public void An_exception_in_the_forward_pass_is_thrown_at_once()
    {
        using var scope = NewDisposeScope();
        using var x = ones(3).requires_grad_(true);

        Assert.Throws<InvalidOperationException>(
            () => OwnGradient.Of(x, _ => throw new InvalidOperationException("broken"), (gradient, _) => gradient));
    }

    /// <summary>Of the sum of 2·x.</summary>
    static void Backward(Tensor x, bool recompute, Func<Tensor, Tensor> gradient)
    {
        using var tape = new LayerTape(recompute);
        var y = tape.Run(() => OwnGradient.Of(x, one => one.mul(2), (upstream, _) => gradient(upstream)), hasGradient: true);
        tape.Run(() => y.sum(), hasGradient: true);
        tape.Backward(1);
    }
}
