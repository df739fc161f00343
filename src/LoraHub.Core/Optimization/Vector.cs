namespace LoraHub.Core.Optimization;

/// <summary>Sums over rising index in plain doubles: the order decides the last bit, and with it COBYLA's path.</summary>
static class Vector
{
    public static double Dot(double[] a, double[] b, double sum = 0)
    {
        for (var i = 0; i < a.Length; i++)
        {
            sum += a[i] * b[i];
        }

        return sum;
    }

    public static double Norm(double[] a) => Math.Sqrt(Dot(a, a));

    public static double Distance(double[] a, double[] b)
    {
        var sum = 0.0;
        for (var i = 0; i < a.Length; i++)
        {
            var difference = a[i] - b[i];
            sum += difference * difference;
        }

        return Math.Sqrt(sum);
    }

    public static double[] Scale(double factor, double[] a) => Array.ConvertAll(a, x => factor * x);

    /// <summary>a += factor · b.</summary>
    public static void Add(double[] a, double factor, double[] b)
    {
        for (var i = 0; i < a.Length; i++)
        {
            a[i] += factor * b[i];
        }
    }
}
