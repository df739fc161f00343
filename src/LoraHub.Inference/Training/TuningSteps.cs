using LoraHub.Core.Trainings;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Training;

/// <summary>Computes the gradient of a step in micro-batches.</summary>
/// <param name="batch">Examples in a step.</param>
/// <param name="limit">Null for the default; see <see cref="StepMemory"/>.</param>
sealed class TuningSteps(LoadedTuning tuning, TuningData data, int batch, long? limit = null)
{
    readonly DataOrder _order = new(tuning.Plan.Seed, data.Training, batch);
    readonly GradientT5 _model = new(tuning.Base.Model, tuning.Factors);
    readonly StepMemory _memory = limit is { } bytes
        ? new StepMemory(tuning.Base.Model, tuning.Factors, tuning.Plan.Input.Tuning!.Dropout > 0, bytes)
        : new StepMemory(tuning.Base.Model, tuning.Factors, tuning.Plan.Input.Tuning!.Dropout > 0);

    TuningSettings Settings => tuning.Plan.Input.Tuning!;

    /// <summary>The most bytes of a step, beside the model.</summary>
    public long Bound => _memory.Bound(batch, Settings.MaxTokens);

    /// <summary>Sets the factors' gradient to that of the next step.</summary>
    /// <param name="state">Receives the counts of tokens and of cut examples.</param>
    /// <returns>The mean loss of the step's labels. If it is not finite, the gradient is not set.</returns>
    /// <exception cref="OperationCanceledException">Checked before each micro-batch.</exception>
    public double Backward(TuningState state, CancellationToken cancellationToken)
    {
        TuningExample[] read = [.. _order.Of(state.Steps).Select(data.Read)];
        TuningExample[] rows = [.. read.OrderBy(row => row.Input.Length + row.Labels.Length)]; // those of similar lengths share a micro-batch
        var labels = rows.Sum(row => row.Labels.Count(label => label != TeacherForcing.Ignored));
        tuning.Factors.ClearGradient();
        var sum = 0.0;
        foreach (var (part, recompute) in _memory.Split(rows))
        {
            cancellationToken.ThrowIfCancellationRequested();
            sum += Backward(rows[part], Masks(state.Steps, part.Start.Value), 1.0 / labels, recompute);
            if (!double.IsFinite(sum))
            {
                return sum;
            }
        }

        state.Tokens += rows.Sum(row => row.Input.Length + row.Labels.Length);
        var unseen = Math.Clamp(data.Training.Length - ((long)state.Steps * batch), 0, batch); // each line counts in the first epoch
        state.Cut += read.Take((int)unseen).Count(row => row.IsCut);
        return sum / labels;
    }

    DropoutMasks? Masks(int step, int firstRow) =>
        Settings.Dropout > 0 ? new DropoutMasks(tuning.Plan.Seed, Settings.Dropout, step, firstRow) : null;

    double Backward(TuningExample[] rows, DropoutMasks? dropout, double scale, bool recompute)
    {
        using var scope = NewDisposeScope();
        using var inputs = TokenRows.Of([.. rows.Select(row => row.Input)], tuning.Base.Model.Device);
        using var answers = new TeacherForcing(tuning.Base.Model, [.. rows.Select(row => row.Labels)]);
        return _model.Backward(inputs, answers, scale, dropout, recompute);
    }
}
