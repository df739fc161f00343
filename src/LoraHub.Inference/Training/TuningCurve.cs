namespace LoraHub.Inference.Training;

/// <summary>One step of a training.</summary>
/// <param name="Step">Counted from 1.</param>
/// <param name="Loss">Mean over the labels of the step, before its update.</param>
/// <param name="Rate">The learning rate.</param>
/// <param name="Norm">Of the gradient, before clipping.</param>
/// <param name="Validation">The mean loss of the validation lines after the update; null if it was not computed.</param>
sealed record TuningStep(int Step, double Loss, double Rate, double Norm, double? Validation);

/// <summary>The steps so far and what follows from their validations.</summary>
sealed class TuningCurve
{
    /// <summary>Numbers of a step in <see cref="ToNumbers"/>.</summary>
    public const int Width = 4;

    readonly List<TuningStep> _steps = [];

    public IReadOnlyList<TuningStep> Steps => _steps;

    /// <summary>The step with the lowest validation loss, the first of equal ones; null before a validation.</summary>
    public TuningStep? Best { get; private set; }

    /// <summary>Validations since <see cref="Best"/>.</summary>
    public int SinceBest { get; private set; }

    /// <returns>Whether its validation loss is lower than all before it.</returns>
    public bool Add(TuningStep step)
    {
        _steps.Add(step);
        if (step.Validation is not { } loss)
        {
            return false;
        }

        var isBest = Best is null || loss < Best.Validation;
        (Best, SinceBest) = isBest ? (step, 0) : (Best, SinceBest + 1);
        return isBest;
    }

    /// <summary>The curve as numbers, four for each step; NaN for no validation.</summary>
    public double[] ToNumbers() => [.. _steps.SelectMany(step => new[] { step.Loss, step.Rate, step.Norm, step.Validation ?? double.NaN })];

    public static TuningCurve Of(ReadOnlySpan<double> numbers)
    {
        var curve = new TuningCurve();
        for (var i = 0; i < numbers.Length; i += Width)
        {
            var validation = numbers[i + 3];
            curve.Add(new TuningStep((i / Width) + 1, numbers[i], numbers[i + 1], numbers[i + 2], double.IsNaN(validation) ? null : validation));
        }

        return curve;
    }
}
