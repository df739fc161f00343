using System.Runtime.ExceptionServices;

using static TorchSharp.torch;

namespace LoraHub.Inference.Gradients;

/// <summary>
/// An operation on one tensor that computes its gradient itself. libtorch calls it back, and an exception that leaves a callback ends the process:
/// it is caught there and thrown by <see cref="ThrowFailure"/>.
/// </summary>
sealed class OwnGradient : autograd.SingleTensorFunction<OwnGradient>
{
    [ThreadStatic]
    static Failure? _failure;

    public override string Name => nameof(OwnGradient);

    /// <param name="compute">Computes the result from x, without gradients. A fresh tensor.</param>
    /// <param name="gradient">
    /// Computes the gradient of x from that of the result, contiguous, and what is kept. On another device it is called on another thread.
    /// </param>
    /// <returns>The result; belongs to the caller's scope.</returns>
    public static Tensor Of(Tensor x, Func<Tensor, Tensor> compute, Func<Tensor, Tensor?, Tensor> gradient, Kept kept = Kept.Nothing)
    {
        using var scope = NewDisposeScope();
        Tensor result;
        using (no_grad())
        {
            result = compute(x);
        }

        return (x.requires_grad && is_grad_enabled()
            ? apply(x, new Operation(result, gradient, kept, _failure ??= new Failure()))
            : result).MoveToOuterDisposeScope();
    }

    /// <summary>Throws the first exception of the callbacks of this thread's operations since the last call, if there was one.</summary>
    public static void ThrowFailure()
    {
        if (_failure?.First is { } first)
        {
            _failure = null; // later operations have another one
            first.Throw();
        }
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        var (x, operation) = ((Tensor)vars[0], (Operation)vars[1]);
        ctx.set_materialize_grads(false); // else TorchSharp keeps zeros of the result's size
        ctx.save_data(nameof(Operation), operation);
        if (operation.Kept != Kept.Nothing)
        {
            ctx.save_for_backward([operation.Kept == Kept.Input ? x : operation.Result]);
        }

        return operation.Result;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        var operation = (Operation)ctx.get_data(nameof(Operation));
        try
        {
            using var scope = NewDisposeScope();
            using var noGrad = no_grad();
            var kept = operation.Kept == Kept.Nothing ? null : ctx.get_saved_variables()[0];
            return [operation.Gradient(grad_output.contiguous(), kept).MoveToOuterDisposeScope(), null!]; // none for the operation
        }
        catch (Exception exception)
        {
            operation.Failure.Keep(exception);
            return [null!, null!];
        }
    }

    /// <summary>What the gradient needs.</summary>
    public enum Kept
    {
        Nothing,
        Input,
        Result,
    }

    sealed record Operation(Tensor Result, Func<Tensor, Tensor?, Tensor> Gradient, Kept Kept, Failure Failure);

    sealed class Failure
    {
        ExceptionDispatchInfo? _first;

        public ExceptionDispatchInfo? First => Volatile.Read(ref _first);

        public void Keep(Exception exception) => Interlocked.CompareExchange(ref _first, ExceptionDispatchInfo.Capture(exception), null);
    }
}
