using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;

using TorchSharp;

using static TorchSharp.torch;

namespace LoraHub.Inference.Predictions;

/// <summary>The examples of a prediction, tokenized once, and what they cost under an adapter. Owns its tensors.</summary>
sealed class FewShotExamples : IDisposable
{
    // What one forward pass takes at most, in tokens with padding: bounds the memory of states and logits.
    const int TokensPerPass = 8_192;

    readonly T5Model _model;
    readonly List<(Tensor Ids, Tensor Mask, Tensor Labels)> _batches = [];
    readonly int _count;
    readonly long _tokens;

    /// <param name="inputs">Token ids, each with its end token.</param>
    /// <param name="targets">As many.</param>
    public FewShotExamples(T5Model model, IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets)
    {
        _model = model;
        _count = inputs.Count;
        var longest = Enumerable.Range(0, _count).Select(i => Math.Max(inputs[i].Length, targets[i].Length)).ToArray();
        foreach (var rows in PaddedRows.Split(longest, TokensPerPass, model.Config.NumHeads))
        {
            using var scope = NewDisposeScope();
            var ids = PaddedRows.Ids(inputs, rows, model.Config.PadTokenId, model.Device);
            var mask = PaddedRows.Mask(inputs, rows, model.Device);
            var labels = PaddedRows.Ids(targets, rows, model.Config.PadTokenId, model.Device);
            labels = labels.masked_fill(labels.eq(model.Config.PadTokenId), TeacherForcing.Ignored); // a pad that a target spells out, too
            _tokens += labels.ne(TeacherForcing.Ignored).sum().item<long>();
            _batches.Add((ids.DetachFromDisposeScope(), mask.DetachFromDisposeScope(), labels.DetachFromDisposeScope()));
        }
    }

    /// <summary>Mean cross-entropy of the targets' tokens, however the examples are batched.</summary>
    /// <exception cref="OperationCanceledException">Checked once a pass.</exception>
    public double MeanTokenLoss(LoraLayers? lora, CancellationToken cancellationToken = default)
    {
        var sum = 0.0;
        foreach (var (ids, mask, labels) in _batches)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            sum += TeacherForcing.TokenLosses(_model, ids, mask, labels, lora).sum().ToDouble();
        }

        return sum / _tokens;
    }

    /// <summary>What the search minimises.</summary>
    /// <param name="weights">Those that <paramref name="lora"/> was composed with.</param>
    public double Score(LoraLayers? lora, ReadOnlySpan<double> weights, Objective objective, CancellationToken cancellationToken = default)
    {
        const double Regularization = 0.05; // of lorahub's default_l1_regularization

        var magnitude = 0.0;
        foreach (var weight in weights)
        {
            magnitude += Math.Abs(weight);
        }

        // The reference divides the batch's mean by the number of examples once more.
        var loss = MeanTokenLoss(lora, cancellationToken);
        return (objective == Objective.Reference ? loss / _count : loss) + (Regularization * (magnitude / weights.Length));
    }

    public void Dispose()
    {
        foreach (var (ids, mask, labels) in _batches)
        {
            ids.Dispose();
            mask.Dispose();
            labels.Dispose();
        }
    }
}
