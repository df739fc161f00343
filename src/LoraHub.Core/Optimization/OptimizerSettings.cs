namespace LoraHub.Core.Optimization;

/// <summary>What every optimiser needs to know before it starts.</summary>
/// <param name="Dimension">How many weights there are, one a module; at least 1.</param>
/// <param name="Budget">How many evaluations it may ask for; at least 1.</param>
/// <param name="Bound">Every weight stays in −Bound … Bound.</param>
/// <param name="Seed">Decides everything random; an optimiser that draws nothing ignores it.</param>
public sealed record OptimizerSettings(int Dimension, int Budget, double Bound = 1.5, long Seed = 0);
