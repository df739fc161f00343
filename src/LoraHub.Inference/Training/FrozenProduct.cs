using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Training;

/// <summary>
/// A product with a matrix of the base model, which has no gradient of its own. A packed matrix is unpacked for the time of its product in the
/// backward pass, so that the base model is in memory once.
/// </summary>
sealed class FrozenProduct : autograd.SingleTensorFunction<FrozenProduct>
{
    public override string Name => nameof(FrozenProduct);

    /// <summary>(n, in) → (n, out); belongs to the caller's scope.</summary>
    public static Tensor Of(Tensor x, Matrix matrix) =>
        matrix.IsPacked && x.requires_grad && is_grad_enabled() ? apply(x, matrix) : matrix.Multiply(x);

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.set_materialize_grads(false); // else TorchSharp keeps zeros of the result's size
        ctx.save_data(nameof(Matrix), vars[1]);
        return ((Matrix)vars[1]).Multiply((Tensor)vars[0]);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) =>
        [((Matrix)ctx.get_data(nameof(Matrix))).MultiplyTransposed(grad_output), null!]; // none for the matrix
}
