using LoraHub.Formats.Adapters;

namespace LoraHub.Modules.Inspection;

/// <summary>What the report on a module takes, estimated from its shapes before any of its numbers are read.</summary>
static class ReportCost
{
    /// <summary>Some minutes of one core. A module of 1 GiB with r 256 in all layers of FLAN-T5-XXL takes half of it.</summary>
    const double MostOperations = 4e11;

    /// <summary>Rotations of the singular values take about so many operations for each r³.</summary>
    const double OfRotations = 40;

    /// <summary>A seeded sign takes about so many operations.</summary>
    const double OfSign = 8;

    /// <exception cref="AdapterException">It takes too much.</exception>
    public static void Check(AdapterLayout layout, long mostBytes)
    {
        var sizes = layout.Slots.SelectMany(slot => new[] { (Side: 'u', Size: slot.Output), (Side: 'v', Size: slot.Input) })
            .Distinct().Sum(side => (double)side.Size);
        var bytes = (sizes * DeltaSketch.Length / 8) + layout.Slots.Max(BytesOf) + (layout.Slots.Count * 500.0);
        if (bytes > mostBytes)
        {
            throw new AdapterException(
                $"the report on its {layout.Slots.Count} layers would take {Math.Ceiling(bytes / (1 << 20)):0} MiB of memory; "
                + $"at most {mostBytes >> 20} MiB are used (Limits:ReportBytes).");
        }

        var operations = (sizes * DeltaSketch.Length * OfSign) + layout.Slots.Sum(OperationsOf);
        if (operations > MostOperations)
        {
            throw new AdapterException(
                $"the report on its {layout.Slots.Count} layers, of ranks up to {layout.Rank}, would take {operations:0.#e+0} operations; "
                + $"at most {MostOperations:0.#e+0} are made. Export it with a lower rank.");
        }
    }

    /// <summary>The factors as they come and by rows, the triangles, r × r for the singular values, the products with the signs.</summary>
    static double BytesOf(LayerSlot slot)
    {
        double rank = slot.Rank, numbers = slot.Input + slot.Output;
        return sizeof(double) * ((4 * rank * numbers) + (3 * rank * rank) + (4.0 * DeltaSketch.Length * (rank + 8)));
    }

    static double OperationsOf(LayerSlot slot)
    {
        double rank = slot.Rank, numbers = slot.Input + slot.Output;
        return (2 * rank * rank * numbers) + (OfRotations * rank * rank * rank) + ((rank + 8) * numbers * DeltaSketch.Length / 8);
    }
}
