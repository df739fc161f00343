using LoraHub.Inference.Kernels;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Gradients;

/// <summary>
/// Pads rows of tokens and takes the padding away, with gradients that are such moves, too: libtorch's gradient of index_select adds token by token.
/// </summary>
static class TokenMove
{
    /// <summary><see cref="TokenRows.Pad"/>. Gradients of padded places have to be 0, as those of masked keys and of dropped queries are.</summary>
    public static Tensor Pad(Tensor x, TokenRows rows) => rows.PaddedPlaces is null
        ? rows.Pad(x)
        : OwnGradient.Of(x, rows.Pad, (gradient, _) => rows.Unpad(gradient));

    /// <summary><see cref="TokenRows.Unpad"/>.</summary>
    public static Tensor Unpad(Tensor x, TokenRows rows) => rows.TokenPlaces is null
        ? rows.Unpad(x)
        : OwnGradient.Of(x, rows.Unpad, (gradient, _) => Hide(rows.Pad(gradient), rows));

    /// <summary>0 at the places of padding.</summary>
    static Tensor Hide(Tensor x, TokenRows rows) // (B, S, …)
    {
        using var scope = NewDisposeScope();
        var own = zeros(x.shape[0] * x.shape[1], x.dtype, x.device).index_fill_(0, rows.TokenPlaces!, LiveScalar.One); // (B·S)
        return x.mul(own.view([x.shape[0], x.shape[1], .. Enumerable.Repeat(1L, (int)x.dim() - 2)])).MoveToOuterDisposeScope();
    }
}
