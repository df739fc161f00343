using LoraHub.Inference.Lora;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>The loss of given answers.</summary>
static class TeacherForcing
{
    /// <summary>Labels with this value count neither as a target nor in the mean.</summary>
    public const long Ignored = -100;

    /// <summary>What the decoder reads to predict the labels: the start token, then the labels without the last, pad where ignored.</summary>
    /// <param name="labels">int64, (B, T).</param>
    public static Tensor DecoderInputs(T5Model model, Tensor labels) // (B, T)
    {
        using var scope = NewDisposeScope();
        var shifted = full_like(labels, model.Config.DecoderStartTokenId);
        shifted.narrow(1, 1, labels.shape[1] - 1).copy_(labels.narrow(1, 0, labels.shape[1] - 1));
        return shifted.masked_fill_(shifted.eq(Ignored), model.Config.PadTokenId).MoveToOuterDisposeScope();
    }

    /// <summary>Cross-entropy of every label, (B, T); 0 where ignored. In fp32 or better.</summary>
    public static Tensor TokenLosses(T5Model model, Tensor ids, Tensor mask, Tensor labels, LoraLayers? lora)
    {
        using var scope = NewDisposeScope();
        var encoded = model.Encode(ids, mask, lora);
        var logits = model.Logits(model.Decode(DecoderInputs(model, labels), encoded, lora)); // (B, T, vocabulary)
        var losses = nn.functional.cross_entropy(logits.flatten(0, 1), labels.flatten(), ignore_index: Ignored, reduction: nn.Reduction.None);
        return losses.view(labels.shape).MoveToOuterDisposeScope();
    }
}
