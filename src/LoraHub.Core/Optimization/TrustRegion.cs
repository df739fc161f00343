namespace LoraHub.Core.Optimization;

/// <summary>The trust-region step of an unconstrained linear model.</summary>
static class TrustRegion
{
    /// <summary>The step of length <paramref name="radius"/> along the direction of descent, or null when the model is flat.</summary>
    public static double[]? Step(double[] descent, double radius)
    {
        var (length, unit) = RotateOntoAxis(descent);
        if (length == 0)
        {
            return null;
        }

        // Powell writes ρ²/√(ρ²·|d|²): the same to the bit, as ρ is a power of two, but it underflows sooner.
        var direction = Vector.Scale(1 / length, unit);
        return Vector.Scale(radius / Vector.Norm(direction), direction);
    }

    /// <summary>
    /// A vector's length (signed when only one component is not zero) and direction, found as Powell's TRSTLP does: by plane rotations that
    /// gather it on one axis, from the last component to the first.
    /// </summary>
    static (double Length, double[] Unit) RotateOntoAxis(double[] vector)
    {
        var total = 0.0;
        var unit = new double[vector.Length];
        for (var k = vector.Length - 1; k >= 0; k--)
        {
            if (total == 0)
            {
                total = vector[k];
                Array.Clear(unit);
                unit[k] = 1;
                continue;
            }

            var length = Math.Sqrt((vector[k] * vector[k]) + (total * total));
            unit = Vector.Scale(total / length, unit);
            unit[k] = vector[k] / length;
            total = length;
        }

        return (total, unit);
    }
}
