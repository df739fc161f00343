namespace LoraHub.Core.Tests.Optimization;

/// <summary>The test functions of tests/golden/README.md, with the same order of operations.</summary>
sealed record Objective(string Kind, double[] C, double[] S, double T)
{
    public double Evaluate(double[] w) => Kind switch
    {
        "bowl" => Bowl(w),
        "abs" => Sum(w.Length, i => S[i] * Math.Abs(w[i] - C[i])),
        "valley" => Sum(w.Length - 1, i => Valley(w[i], w[i + 1])),
        "even" => Even(w),
        "slope" => Sum(w.Length, i => S[i] * w[i]),
        "steps" => Sum(w.Length, i => Math.Floor(2 * Math.Abs(w[i] - C[i]))),
        "flat" => 1,
        "bowl32" => (float)Bowl(w),
        "hole" => w[0] > 0.4 ? double.NaN : w[1] > 0.4 ? double.PositiveInfinity : Bowl(w),
        _ => throw new NotSupportedException(Kind),
    };

    double Bowl(double[] w) => Sum(w.Length, i => S[i] * ((w[i] - C[i]) * (w[i] - C[i])));

    double Even(double[] w)
    {
        var p = Sum(w.Length, i => S[i] * w[i]);
        var q = Sum(w.Length, i => C[i] * w[i]);
        var r = Sum(w.Length, i => Math.Abs(w[i]));
        var u = (p * q) - T;
        return (u * u) + (0.05 * (r / w.Length));
    }

    static double Valley(double current, double next)
    {
        var (u, v) = (next - (current * current), 1 - current);
        return (10 * (u * u)) + (v * v);
    }

    static double Sum(int count, Func<int, double> term) => Enumerable.Range(0, count).Aggregate(0.0, (sum, i) => sum + term(i));
}
