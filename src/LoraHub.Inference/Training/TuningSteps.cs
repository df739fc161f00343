using LoraHub.Core.Trainings;
using LoraHub.Inference.Gradients;

namespace LoraHub.Inference.Training;

/// <summary>Computes the gradients of a training's steps.</summary>
sealed class TuningSteps : IDisposable
{
    readonly LoadedTuning _tuning;
    readonly TuningData _data;
    readonly int _batch;
    readonly DataOrder _order;
    readonly StepGradient _gradient;

    /// <param name="batch">Examples in a step.</param>
    /// <param name="limit">See <see cref="StepMemory"/>.</param>
    public TuningSteps(LoadedTuning tuning, TuningData data, int batch, long limit = StepMemory.DefaultLimit)
    {
        (_tuning, _data, _batch) = (tuning, data, batch);
        _order = new DataOrder(tuning.Plan.Seed, data.Training, batch);
        _gradient = new StepGradient(tuning.Base.Model, tuning.Factors, Settings.Dropout > 0, limit);
    }

    TuningSettings Settings => _tuning.Plan.Input.Tuning!;

    /// <summary>The most bytes of a step, beside the model.</summary>
    public long Bound => _gradient.Bound(_batch, Settings.MaxTokens);

    /// <summary>Sets the factors' gradient to that of the next step.</summary>
    /// <param name="state">Receives the counts of tokens and of cut examples.</param>
    /// <returns>The mean loss of the step's labels. If it is not finite, the gradient is not set.</returns>
    /// <exception cref="OperationCanceledException">Checked before each micro-batch.</exception>
    public double Backward(TuningState state, CancellationToken cancellationToken)
    {
        TuningExample[] read = [.. _order.Of(state.Steps).Select(_data.Read)];
        TuningExample[] rows = [.. read.OrderBy(row => row.Input.Length + row.Labels.Length)]; // those of similar lengths share a micro-batch
        var loss = _gradient.Backward(rows, firstRow => Masks(state.Steps, firstRow), cancellationToken);
        if (!double.IsFinite(loss))
        {
            return loss;
        }

        state.Tokens += rows.Sum(row => row.Input.Length + row.Labels.Length);
        var unseen = Math.Clamp(_data.Training.Length - ((long)state.Steps * _batch), 0, _batch); // each line counts in the first epoch
        state.Cut += read.Take((int)unseen).Count(row => row.IsCut);
        return loss;
    }

    public void Dispose() => _gradient.Dispose();

    DropoutMasks? Masks(int step, int firstRow) =>
        Settings.Dropout > 0 ? new DropoutMasks(_tuning.Plan.Seed, Settings.Dropout, step, firstRow) : null;
}
