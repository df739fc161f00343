namespace LoraHub.Core.Optimization;

/// <summary>Settings of an optimizer.</summary>
/// <param name="Dimension">Number of weights, one for each module; at least 1.</param>
/// <param name="Budget">The most evaluations; at least 1.</param>
/// <param name="Bound">Every weight stays in −Bound … Bound.</param>
/// <param name="Seed">Seed of the random numbers; deterministic optimizers ignore it.</param>
public sealed record OptimizerSettings(int Dimension, int Budget, double Bound = 1.5, long Seed = 0);
