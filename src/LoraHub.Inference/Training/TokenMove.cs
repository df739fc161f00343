using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Training;

/// <summary>
/// Pads rows of tokens and takes the padding away, with gradients that are such moves, too: libtorch's gradient of index_select adds token by token.
/// </summary>
sealed class TokenMove : autograd.SingleTensorFunction<TokenMove>
{
    public override string Name => nameof(TokenMove);

    /// <summary><see cref="TokenRows.Pad"/>. Gradients of padded places have to be 0, as those of masked keys and of dropped queries are.</summary>
    public static Tensor Pad(Tensor x, TokenRows rows) =>
        (rows.PaddedPlaces is { } places ? Apply(x, new Move(places, rows.TokenPlaces!, null)) : x).unflatten(0, rows.Rows.Count, rows.Longest);

    /// <summary><see cref="TokenRows.Unpad"/>.</summary>
    public static Tensor Unpad(Tensor x, TokenRows rows)
    {
        var flat = x.flatten(0, 1); // (B·S, …)
        return rows.TokenPlaces is { } places ? Apply(flat, new Move(places, rows.PaddedPlaces!, rows)) : flat;
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.set_materialize_grads(false); // else TorchSharp keeps zeros of the result's size
        ctx.save_data(nameof(Move), vars[1]);
        return ((Tensor)vars[0]).index_select(0, ((Move)vars[1]).Forward);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        using var scope = NewDisposeScope();
        var move = (Move)ctx.get_data(nameof(Move));
        var moved = grad_output.index_select(0, move.Backward);
        return [(move.Unpadded is { } rows ? Hide(moved, rows) : moved).MoveToOuterDisposeScope(), null!]; // none for the move
    }

    static Tensor Apply(Tensor x, Move move) => x.requires_grad && is_grad_enabled() ? apply(x, move) : x.index_select(0, move.Forward);

    /// <summary>0 at the places of padding.</summary>
    static Tensor Hide(Tensor x, TokenRows rows)
    {
        var own = zeros(x.shape[0], x.dtype, x.device).index_fill_(0, rows.TokenPlaces!, 1); // (B·S)
        return x.mul(own.unsqueeze(1));
    }

    /// <param name="Unpadded">The rows whose padding is taken away; null if rows are padded.</param>
    sealed record Move(Tensor Forward, Tensor Backward, TokenRows? Unpadded);
}
