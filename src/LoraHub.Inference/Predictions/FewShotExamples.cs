using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;

using TorchSharp;

using static TorchSharp.torch;

namespace LoraHub.Inference.Predictions;

/// <summary>The examples of a prediction, tokenized once, and what they cost under adapters. Owns its tensors.</summary>
sealed class FewShotExamples : IDisposable
{
    /// <summary>
    /// What a layer of a pass may put out where more adapters would fit: on a processor they save overhead, but no arithmetic, and what leaves the caches costs more than that.
    /// </summary>
    const long CachedBytes = 16 << 20;

    readonly T5Model _model;
    readonly IReadOnlyList<Batch> _batches;
    readonly int _count;

    /// <param name="inputs">Token ids, each with its end token.</param>
    /// <param name="targets">As many.</param>
    public FewShotExamples(T5Model model, IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets)
    {
        (_model, _count) = (model, inputs.Count);
        var pad = model.Config.PadTokenId;
        var labels = targets.Select(ids => ids.Select(id => id == pad ? TeacherForcing.Ignored : id).ToArray()).ToArray(); // a pad that a target spells out, too
        var lengths = inputs.Zip(targets, (input, target) => Math.Max(input.Length, target.Length)).ToArray();
        var passes = Passes.Split(lengths, model.Config.NumHeads).ToArray();
        _batches = [.. passes.Select(pass => new Batch(model, [.. inputs.Take(pass)], [.. labels.Take(pass)]))];
        Tokens = _batches.Sum(batch => batch.Answers.Counted);
        AdaptersPerPass = passes.Min(pass => Most(lengths[pass]));
    }

    /// <summary>How many tokens the targets have.</summary>
    public int Tokens { get; }

    /// <summary>So many adapters are tried in one forward pass at most.</summary>
    public int AdaptersPerPass { get; }

    /// <summary>Mean cross-entropy of the targets' tokens under each adapter, however the examples are batched.</summary>
    /// <param name="lora">Null for the base model alone.</param>
    /// <exception cref="OperationCanceledException">Checked once a pass.</exception>
    public double[] MeanTokenLosses(LoraLayers? lora, CancellationToken cancellationToken = default)
    {
        var sums = new double[lora?.Adapters ?? 1];
        foreach (var batch in _batches)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            using var repeated = sums.Length == 1 ? null : batch.Repeat(_model, sums.Length);
            var (inputs, answers) = repeated is null ? (batch.Inputs, batch.Answers) : (repeated.Inputs, repeated.Answers);
            var losses = answers.TokenLosses(_model, inputs, lora).view(sums.Length, -1).sum(1).to(ScalarType.Float64).cpu().data<double>(); // (adapters)
            for (var i = 0; i < sums.Length; i++)
            {
                sums[i] += losses[i];
            }
        }

        return [.. sums.Select(sum => sum / Tokens)];
    }

    /// <summary>What the search minimises, for each adapter.</summary>
    /// <param name="weights">Those that <paramref name="lora"/> was composed with, a row for each adapter.</param>
    public double[] Scores(LoraLayers? lora, IReadOnlyList<double[]> weights, Objective objective, CancellationToken cancellationToken = default) =>
        [.. MeanTokenLosses(lora, cancellationToken).Zip(weights, (loss, row) => Score(loss, row, objective))];

    /// <summary>What the search minimises, of a mean token loss.</summary>
    /// <param name="weights">Those that cost it.</param>
    public double Score(double meanTokenLoss, double[] weights, Objective objective)
    {
        const double Regularization = 0.05; // of lorahub's default_l1_regularization

        // The reference divides the batch's mean by the number of examples once more.
        var divisor = objective == Objective.Reference ? _count : 1;
        return (meanTokenLoss / divisor) + (Regularization * (weights.Sum(Math.Abs) / weights.Length));
    }

    public void Dispose()
    {
        foreach (var batch in _batches)
        {
            batch.Dispose();
        }
    }

    /// <param name="lengths">Tokens of the rows that each adapter is tried on.</param>
    int Most(int[] lengths)
    {
        var widest = lengths.Sum() * (_model.Config.IsGated ? 2L : 1) * _model.Config.DFf * _model.ComputeType.ElementSize(); // bytes
        var adapters = 1;
        while (Passes.Fits((long)lengths.Length * (adapters + 1), lengths.Max(), _model.Config.NumHeads)
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

        /// <summary>All rows again for each adapter; the caller disposes it.</summary>
        public Batch Repeat(T5Model model, int times) =>
            new(model, [.. Enumerable.Repeat(inputs, times).SelectMany(rows => rows)], [.. Enumerable.Repeat(labels, times).SelectMany(rows => rows)]);

        public void Dispose()
        {
            Inputs.Dispose();
            Answers.Dispose();
        }
    }
}
