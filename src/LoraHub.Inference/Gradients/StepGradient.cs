using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Gradients;

/// <summary>Computes the gradient of a step in micro-batches.</summary>
/// <param name="factors">Receive the gradient; borrowed, like the model.</param>
/// <param name="hasDropout">Whether the steps have dropout.</param>
/// <param name="limit">See <see cref="StepMemory"/>.</param>
/// <param name="updates">Also receive their gradients, which are added up over steps; borrowed, and null for none.</param>
sealed class StepGradient(
    T5Model model, LoraFactors factors, bool hasDropout, long limit = StepMemory.DefaultLimit, UpdateGradients? updates = null) : IDisposable
{
    readonly StepMemory _memory = new(model, factors, hasDropout, limit, keepsInputs: updates is not null);
    GradientT5? _gradient;

    GradientT5 Gradient => _gradient ??= new GradientT5(model, factors, _memory.KeepsTransposes, updates);

    /// <summary>The most bytes of a step of so many rows of up to so many tokens, beside the model.</summary>
    public long Bound(int rows, int tokens) => _memory.Bound(rows, tokens);

    /// <summary>Sets the factors' gradient to that of the mean loss of the rows' labels.</summary>
    /// <param name="rows">Those of similar lengths one after another: they share a micro-batch.</param>
    /// <param name="dropout">The masks of a micro-batch that begins with the row; null for none.</param>
    /// <returns>The mean loss. If it is not finite, the gradient is not set.</returns>
    /// <exception cref="OperationCanceledException">Checked before each micro-batch.</exception>
    public double Backward(TuningExample[] rows, Func<int, DropoutMasks?>? dropout, CancellationToken cancellationToken)
    {
        var labels = rows.Sum(row => row.Labels.Count(label => label != TeacherForcing.Ignored));
        factors.ClearGradient();
        var sum = 0.0;
        foreach (var (part, recompute) in _memory.Split(rows))
        {
            cancellationToken.ThrowIfCancellationRequested();
            sum += Backward(rows[part], dropout?.Invoke(part.Start.Value), 1.0 / labels, recompute);
            if (!double.IsFinite(sum))
            {
                return sum;
            }
        }

        return sum / labels;
    }

    public void Dispose() => _gradient?.Dispose();

    double Backward(TuningExample[] rows, DropoutMasks? dropout, double scale, bool recompute)
    {
        using var scope = NewDisposeScope();
        using var inputs = TokenRows.Of([.. rows.Select(row => row.Input)], model.Device);
        using var answers = new TeacherForcing(model, [.. rows.Select(row => row.Labels)]);
        return Gradient.Backward(inputs, answers, scale, dropout, recompute);
    }
}
