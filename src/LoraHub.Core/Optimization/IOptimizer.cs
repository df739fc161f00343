namespace LoraHub.Core.Optimization;

/// <summary>
/// A derivative-free optimizer with the ask/tell interface; calls alternate strictly. The first point is w = 0, the unadapted model; every
/// point lies in the box of the settings.
/// </summary>
/// <remarks>Not safe for concurrent use. The same settings and values give the same points.</remarks>
public interface IOptimizer
{
    /// <summary>The next weights to evaluate, which belong to the caller, or null when the budget is spent.</summary>
    /// <exception cref="InvalidOperationException">The point asked for before has not been told yet.</exception>
    double[]? Ask();

    /// <summary>
    /// The next points that do not depend on values still to come, in order: they may be evaluated together. Empty when the next point depends on
    /// pending values.
    /// </summary>
    IReadOnlyList<double[]> Ahead => [];

    /// <summary>
    /// Reports the objective's value at the last point; NaN and values not below <see cref="Evaluation.WorstValue"/> count as that value.
    /// </summary>
    /// <exception cref="InvalidOperationException">No point has been asked for.</exception>
    void Tell(double value);

    /// <summary>The best point evaluated so far.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been told yet.</exception>
    Recommendation Recommend();
}

/// <summary>The best weights an optimizer found.</summary>
/// <param name="Value">The objective there.</param>
/// <param name="Index">Index of the evaluation, from 0.</param>
public sealed record Recommendation(double[] Weights, double Value, int Index);
