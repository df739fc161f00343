using LoraHub.Core.Trainings;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Training;

/// <summary>Computes the gradient of a step in micro-batches.</summary>
sealed class TuningSteps : IDisposable
{
    readonly LoadedTuning _tuning;
    readonly TuningData _data;
    readonly int _batch;
    readonly DataOrder _order;
    readonly StepMemory _memory;
    readonly GradientT5 _model;

    /// <param name="batch">Examples in a step.</param>
    /// <param name="limit">See <see cref="StepMemory"/>.</param>
    public TuningSteps(LoadedTuning tuning, TuningData data, int batch, long limit = StepMemory.DefaultLimit)
    {
        (_tuning, _data, _batch) = (tuning, data, batch);
        _order = new DataOrder(tuning.Plan.Seed, data.Training, batch);
        _memory = new StepMemory(tuning.Base.Model, tuning.Factors, Settings.Dropout > 0, limit);
        _model = new GradientT5(tuning.Base.Model, tuning.Factors, _memory.KeepsTransposes);
    }

    TuningSettings Settings => _tuning.Plan.Input.Tuning!;

    /// <summary>The most bytes of a step, beside the model.</summary>
    public long Bound => _memory.Bound(_batch, Settings.MaxTokens);

    /// <summary>Sets the factors' gradient to that of the next step.</summary>
    /// <param name="state">Receives the counts of tokens and of cut examples.</param>
    /// <returns>The mean loss of the step's labels. If it is not finite, the gradient is not set.</returns>
    /// <exception cref="OperationCanceledException">Checked before each micro-batch.</exception>
    public double Backward(TuningState state, CancellationToken cancellationToken)
    {
        TuningExample[] read = [.. _order.Of(state.Steps).Select(_data.Read)];
        TuningExample[] rows = [.. read.OrderBy(row => row.Input.Length + row.Labels.Length)]; // those of similar lengths share a micro-batch
        var labels = rows.Sum(row => row.Labels.Count(label => label != TeacherForcing.Ignored));
        _tuning.Factors.ClearGradient();
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
        var unseen = Math.Clamp(_data.Training.Length - ((long)state.Steps * _batch), 0, _batch); // each line counts in the first epoch
        state.Cut += read.Take((int)unseen).Count(row => row.IsCut);
        return sum / labels;
    }

    public void Dispose() => _model.Dispose();

    DropoutMasks? Masks(int step, int firstRow) =>
        Settings.Dropout > 0 ? new DropoutMasks(_tuning.Plan.Seed, Settings.Dropout, step, firstRow) : null;

    double Backward(TuningExample[] rows, DropoutMasks? dropout, double scale, bool recompute)
    {
        using var scope = NewDisposeScope();
        using var inputs = TokenRows.Of([.. rows.Select(row => row.Input)], _tuning.Base.Model.Device);
        using var answers = new TeacherForcing(_tuning.Base.Model, [.. rows.Select(row => row.Labels)]);
        return _model.Backward(inputs, answers, scale, dropout, recompute);
    }
}
