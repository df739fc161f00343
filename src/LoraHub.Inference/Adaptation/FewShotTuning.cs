using LoraHub.Core.Predictions;
using LoraHub.Core.Trainings;
using LoraHub.Inference.Gradients;
using LoraHub.Inference.Models;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Adaptation;

/// <summary>
/// Gradient steps on a composed adapter: Adam on both factors of the encoder's layers, all few-shot examples in each step. Nothing is random.
/// </summary>
/// <remarks>The constants were chosen on the even-numbered tasks of bench/tasks (docs/methods.md).</remarks>
/// <param name="inputs">Token ids of the examples.</param>
/// <param name="targets">Token ids of their targets.</param>
/// <param name="steps">At least one.</param>
sealed class FewShotTuning(
    BaseModel model, IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets, int steps, CancellationToken cancellationToken)
{
    public const double Rate = 1e-3;

    /// <summary>
    /// The rate for a new LoRA, whose B is zero: the best of seven on the even-numbered tasks, so that plain tuning is compared at its own best.
    /// </summary>
    public const double NewRate = 5e-3;

    /// <summary>With the decoder's layers too, the steps overfit five examples.</summary>
    public const TuningScope Scope = TuningScope.Encoder;

    /// <summary>
    /// The largest share of the base model's loss that a composition worth tuning has. Between those of tasks that no module helps (0.90 and more)
    /// and those of the others (up to 0.81).
    /// </summary>
    public const double Gate = 0.85;

    readonly TuningExample[] _rows = Rows(model.Model, inputs, targets);

    /// <summary>Tunes what a search found. If its modules hardly help, it sets their weights to 0 instead.</summary>
    /// <param name="found">The result takes its place: the caller disposes only the result.</param>
    /// <param name="zeroLoss">Mean token loss of the base model.</param>
    /// <param name="composedLoss">Mean token loss of the composition.</param>
    /// <param name="log">Null for no log.</param>
    /// <exception cref="OperationCanceledException">Checked before each micro-batch of a step.</exception>
    public FoundAdapter Tune(FoundAdapter found, double zeroLoss, double composedLoss, SearchLog? log)
    {
        if (!(composedLoss <= Gate * zeroLoss))
        {
            log?.Gated(composedLoss, zeroLoss, Gate);
            return found with { Weights = new double[found.Weights.Length], Loss = found.Loss! with { Adapted = found.Loss.ZeroShot } };
        }

        var factors = TuningStart.Balanced(found.Modules, found.Weights, Scope);
        try
        {
            var outcome = factors.Trained.numel() == 0 ? null : Tune(factors, composedLoss, log);
            if (outcome is null)
            {
                log?.NotTuned(factors.Trained.numel() == 0
                    ? "none of the composed modules adapts the encoder"
                    : "the steps did not lower the loss on the examples");
                factors.Dispose();
                return found;
            }

            return found with { Tuned = factors, Tuning = outcome };
        }
        catch
        {
            factors.Dispose();
            throw;
        }
    }

    /// <summary>Runs the steps on factors.</summary>
    /// <param name="startLoss">Mean token loss before the steps.</param>
    /// <param name="rate">The learning rate.</param>
    /// <returns>Null if the loss is not lower afterwards: then the factors are of no use.</returns>
    /// <exception cref="OperationCanceledException">Checked before each micro-batch of a step.</exception>
    public TuningOutcome? Tune(LoraFactors factors, double startLoss, SearchLog? log, double rate = Rate)
    {
        using var scope = NewDisposeScope();
        using var gradient = new StepGradient(model.Model, factors, hasDropout: false);
        using var optimizer = new AdamW(factors.Trained, weightDecay: 0, largestNorm: double.PositiveInfinity);
        for (var step = 1; step <= steps; step++)
        {
            var before = gradient.Backward(_rows, dropout: null, cancellationToken);
            if (!double.IsFinite(before) || !double.IsFinite(optimizer.Step(factors.Gradient, rate, step)))
            {
                return null;
            }

            log?.Stepped(step, steps, before);
        }

        var loss = MeanTokenLoss(factors);
        return loss < startLoss ? new TuningOutcome(steps, startLoss, loss) : null;
    }

    double MeanTokenLoss(LoraFactors factors)
    {
        using var scope = NewDisposeScope();
        using var examples = new FewShotExamples(model.Model, inputs, targets);
        return examples.MeanTokenLosses(factors.ToLayers(model.Model.ComputeType), cancellationToken)[0];
    }

    /// <summary>The examples in micro-batches' order.</summary>
    internal static TuningExample[] Rows(T5Model model, IReadOnlyList<int[]> inputs, IReadOnlyList<int[]> targets)
    {
        var pad = model.Config.PadTokenId;
        return
        [
            .. inputs.Zip(targets, (input, target) => new TuningExample(
                    input, [.. target.Select(id => id == pad ? TeacherForcing.Ignored : id)], IsCut: false))
                .OrderBy(row => row.Input.Length + row.Labels.Length),
        ];
    }
}
