namespace LoraHub.Core.Optimization;

/// <summary>
/// A derivative-free minimiser, driven by ask and tell in strict alternation. The first point it asks for is w = 0, the unadapted model;
/// every point lies in the box of its settings.
/// </summary>
/// <remarks>Not safe for concurrent use. With the same settings and the same values told, it asks for the same points.</remarks>
public interface IOptimizer
{
    /// <summary>The next weights to evaluate, which belong to the caller, or null when the budget is spent.</summary>
    /// <exception cref="InvalidOperationException">The point asked for before has not been told yet.</exception>
    double[]? Ask();

    /// <summary>
    /// The points that it will ask for next whatever it is told, in their order: they may be evaluated together. Empty when the next one depends on what is
    /// still to be told.
    /// </summary>
    IReadOnlyList<double[]> Ahead => [];

    /// <summary>Gives the objective's value at the point just asked for; NaN and anything not below <see cref="Evaluation.WorstValue"/> count as that.</summary>
    /// <exception cref="InvalidOperationException">No point has been asked for.</exception>
    void Tell(double value);

    /// <summary>The best point of those told so far.</summary>
    /// <exception cref="InvalidOperationException">Nothing has been told yet.</exception>
    Recommendation Recommend();
}

/// <summary>The weights an optimiser holds for best.</summary>
/// <param name="Value">The objective there.</param>
/// <param name="Index">Which evaluation it was, from 0.</param>
public sealed record Recommendation(double[] Weights, double Value, int Index);
