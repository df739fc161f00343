using LoraHub.Formats.ModelConfig;

using static TorchSharp.torch;

namespace LoraHub.Inference.T5;

/// <summary>Given answers as decoder inputs and as labels. Owns its tensors.</summary>
sealed class TeacherForcing : IDisposable
{
    /// <summary>Labels with this value are not targets and are not part of the mean.</summary>
    public const int Ignored = -100;

    /// <param name="labels">At least one row. Ignored labels at a row's end are dropped.</param>
    public TeacherForcing(T5Model model, IReadOnlyList<int[]> labels)
    {
        using var scope = NewDisposeScope();
        Rows = [.. labels.Select(row => row[..Math.Max(1, Array.FindLastIndex(row, label => label != Ignored) + 1)])];
        Inputs = TokenRows.Of([.. Rows.Select(row => DecoderInputs(model.Config, row))], model.Device);
        Labels = tensor(Rows.SelectMany(row => row).Select(label => (long)label).ToArray(), device: model.Device).DetachFromDisposeScope();
    }

    /// <summary>The labels.</summary>
    public IReadOnlyList<int[]> Rows { get; }

    /// <summary>The decoder's inputs: the start token, then the labels without the last, pad where ignored.</summary>
    public TokenRows Inputs { get; }

    /// <summary>The rows' labels, int64, (n).</summary>
    public Tensor Labels { get; }

    /// <summary>The number of labels that are not ignored.</summary>
    public int Counted => Rows.Sum(row => row.Count(label => label != Ignored));

    /// <summary>The decoder's inputs for predicting a row of labels.</summary>
    public static int[] DecoderInputs(T5Config config, int[] labels) =>
        [config.DecoderStartTokenId, .. labels[..^1].Select(label => label == Ignored ? config.PadTokenId : label)];

    /// <summary>Cross-entropy of every label, (n), in fp32 or better; 0 for ignored labels. Belongs to the caller's scope.</summary>
    /// <param name="inputs">The encoder's inputs, one row for each answer.</param>
    /// <exception cref="OperationCanceledException">Checked before each block of the model.</exception>
    public Tensor TokenLosses(T5Model model, TokenRows inputs, LoraLayers? lora, CancellationToken cancellationToken = default)
    {
        using var scope = NewDisposeScope();
        var encoded = model.Encode(inputs, lora, cancellationToken: cancellationToken);
        var logits = model.Logits(model.Decode(Inputs, encoded, lora, cancellationToken: cancellationToken)); // (n, vocabulary)
        return nn.functional.cross_entropy(logits, Labels, ignore_index: Ignored, reduction: nn.Reduction.None).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        Inputs.Dispose();
        Labels.Dispose();
    }
}
