using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Inspection;

/// <summary>Computes norms and effective ranks from the singular values of a module's updates.</summary>
static class Spectrum
{
    const int Shown = 4;

    /// <param name="layers">Each layer with the singular values of its ΔW, descending.</param>
    public static (double Norm, IReadOnlyList<LayerReport> Layers) Report(IReadOnlyList<(string Layer, double[] Values)> layers)
    {
        var total = layers.Sum(layer => SquaredNorm(layer.Values));
        return (Math.Sqrt(total), [.. layers.Select(layer => Report(layer.Layer, layer.Values, total))]);
    }

    static LayerReport Report(string layer, double[] values, double total)
    {
        var squared = SquaredNorm(values);
        var share = total > 0 ? squared / total : 0;
        return new LayerReport(layer, Math.Sqrt(squared), share, values[..Math.Min(Shown, values.Length)], EffectiveRank(values));
    }

    static double SquaredNorm(double[] values) => values.Sum(value => value * value);

    /// <summary>exp of the entropy of the values' shares in their sum (Roy and Vetterli, 2007, definition 1); 0 for a layer without update.</summary>
    static double EffectiveRank(double[] values)
    {
        var sum = values.Sum();
        return sum > 0 ? Math.Exp(-values.Select(value => value / sum).Where(share => share > 0).Sum(share => share * Math.Log(share))) : 0;
    }
}
