using System.Runtime.InteropServices;

namespace LoraHub.Modules.Inspection;

/// <summary>Estimates the cosine similarity of two updates from their sketches.</summary>
static class SketchCosine
{
    /// <returns>The cosine; 0 if a sketch is zero or the lengths differ.</returns>
    public static double Of(byte[] one, byte[] other)
    {
        if (one.Length != other.Length)
        {
            return 0;
        }

        var norms = Math.Sqrt(Dot(one, one)) * Math.Sqrt(Dot(other, other));
        return norms > 0 ? Dot(one, other) / norms : 0;
    }

    public static double Dot(byte[] one, byte[] other)
    {
        var a = MemoryMarshal.Cast<byte, float>(one);
        var b = MemoryMarshal.Cast<byte, float>(other);
        double sum = 0;
        for (var i = 0; i < a.Length; i++)
        {
            sum += (double)a[i] * b[i];
        }

        return sum;
    }
}
