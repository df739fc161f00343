using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.T5;

using TorchSharp;

using static TorchSharp.torch;

namespace LoraHub.Inference.Adaptation;

/// <summary>The examples of a prediction, tokenized once, and their losses under adapters. Owns its tensors.</summary>
sealed class FewShotExamples : IDisposable
{
    /// <summary>
    /// The largest output of a layer, in bytes, when batching adapters on a CPU. Batching saves overhead but no arithmetic, and outputs that
    /// leave the caches cost more than it saves.
    /// </summary>
    const long CachedBytes = 16 << 20;

    readonly T5Model _model;
    readonly IReadOnlyList<Batch> _batches;
    readonly int _count;

    /// <param name="inputs">Token ids, each with its end token.</param>
    /// <param name="targets">Token ids of their targets.</param>
    public FewShotExamples(T5Model model, IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets)
    {
        (_model, _count) = (model, inputs.Count);
        var pad = model.Config.PadTokenId;

        // Also ignores a pad token that a target's text spells out.
        var labels = targets.Select(ids => ids.Select(id => id == pad ? TeacherForcing.Ignored : id).ToArray()).ToArray();
        var lengths = inputs.Zip(targets, (input, target) => Math.Max(input.Length, target.Length)).ToArray();
        var passes = MicroBatches.Split(lengths, model.Config).ToArray();
        _batches = [.. passes.Select(pass => new Batch(model, [.. inputs.Take(pass)], [.. labels.Take(pass)]))];
        Tokens = _batches.Sum(batch => batch.Answers.Counted);
        AdaptersPerPass = passes.Min(pass => AdaptersFor(lengths[pass]));
    }

    /// <summary>The number of tokens in the targets.</summary>
    public int Tokens { get; }

    /// <summary>The most adapters in one forward pass.</summary>
    public int AdaptersPerPass { get; }

    /// <summary>Mean cross-entropy of the targets' tokens under each adapter, independent of the batching.</summary>
    /// <param name="lora">Null for the base model alone.</param>
    /// <exception cref="OperationCanceledException">Checked before each block of the model in each pass.</exception>
    public double[] MeanTokenLosses(LoraLayers? lora, CancellationToken cancellationToken = default)
    {
        var sums = new double[lora?.Adapters ?? 1];
        foreach (var batch in _batches)
        {
            using var scope = NewDisposeScope();
            using var repeated = sums.Length == 1 ? null : batch.Repeat(_model, sums.Length);
            var (inputs, answers) = repeated is null ? (batch.Inputs, batch.Answers) : (repeated.Inputs, repeated.Answers);
            var perToken = answers.TokenLosses(_model, inputs, lora, cancellationToken).view(sums.Length, -1); // (adapters, tokens)
            var losses = perToken.sum(1).to(ScalarType.Float64).cpu().data<double>(); // (adapters)
            for (var i = 0; i < sums.Length; i++)
            {
                sums[i] += losses[i];
            }
        }

        return [.. sums.Select(sum => sum / Tokens)];
    }

    /// <summary>The search's objective for each adapter.</summary>
    /// <param name="weights">The weights that <paramref name="lora"/> was composed with, one row for each adapter.</param>
    public double[] Scores(LoraLayers? lora, IReadOnlyList<double[]> weights, Objective objective, CancellationToken cancellationToken = default) =>
        [.. MeanTokenLosses(lora, cancellationToken).Zip(weights, (loss, row) => Score(loss, row, objective))];

    /// <summary>The search's objective for a mean token loss.</summary>
    /// <param name="weights">The weights with that loss.</param>
    public double Score(double meanTokenLoss, double[] weights, Objective objective) =>
        (meanTokenLoss / Divisor(objective)) + Penalty(weights);

    /// <summary>The mean token loss of a value of the search's objective.</summary>
    /// <param name="weights">The weights with that value.</param>
    public double MeanTokenLoss(double score, double[] weights, Objective objective) => (score - Penalty(weights)) * Divisor(objective);

    public void Dispose()
    {
        foreach (var batch in _batches)
        {
            batch.Dispose();
        }
    }

    // The reference divides the batch's mean by the number of examples once more.
    int Divisor(Objective objective) => objective == Objective.Reference ? _count : 1;

    static double Penalty(double[] weights)
    {
        const double Regularization = 0.05; // of lorahub's default_l1_regularization

        return Regularization * (weights.Sum(Math.Abs) / weights.Length);
    }

    /// <param name="lengths">Tokens of each row in a batch.</param>
    int AdaptersFor(int[] lengths)
    {
        var widest = lengths.Sum() * (_model.Config.IsGated ? 2L : 1) * _model.Config.DFf * _model.ComputeType.ElementSize(); // bytes
        var adapters = 1;
        while (MicroBatches.Fits((long)lengths.Length * (adapters + 1), lengths.Max(), _model.Config)
            && (_model.Device.type != DeviceType.CPU || (adapters + 1) * widest <= CachedBytes))
        {
            adapters++;
        }

        return adapters;
    }

    sealed class Batch(T5Model model, IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> labels) : IDisposable
    {
        public TokenRows Inputs { get; } = TokenRows.Of(inputs, model.Device);

        public TeacherForcing Answers { get; } = new(model, labels);

        /// <summary>Repeats all rows for each adapter. The caller disposes the batch.</summary>
        public Batch Repeat(T5Model model, int times) => new(
            model,
            [.. Enumerable.Repeat(inputs, times).SelectMany(rows => rows)],
            [.. Enumerable.Repeat(labels, times).SelectMany(rows => rows)]);

        public void Dispose()
        {
            Inputs.Dispose();
            Answers.Dispose();
        }
    }
}
