using LoraHub.Formats.Adapters;

namespace LoraHub.Modules.Inspection;

/// <summary>Limits the memory and time of a report. Estimates them from a module's shapes, before its weights are read.</summary>
static class ReportCost
{
    /// <summary>A few minutes of one core. A module of 1 GiB with r 256 in all layers of FLAN-T5-XXL takes half of it.</summary>
    const double MostOperations = 4e11;

    /// <summary>The operations of the Jacobi rotations per r³, about.</summary>
    const double OperationsOfRotations = 40;

    /// <summary>The operations per random sign, about.</summary>
    const double OperationsOfSign = 8;

    /// <exception cref="AdapterException">The report would exceed a limit.</exception>
    public static void Check(AdapterLayout layout, long mostBytes)
    {
        var sizes = layout.Slots
            .SelectMany(slot => new[] { (Side: 'u', Size: slot.Output), (Side: 'v', Size: slot.Input) })
            .Distinct().Sum(side => (double)side.Size);
        var bytes = (sizes * DeltaSketch.Length / 8) + layout.Slots.Max(BytesOf) + (layout.Slots.Count * 500.0);
        if (bytes > mostBytes)
        {
            throw new AdapterException(
                $"the report on its {layout.Slots.Count} layers would take {Math.Ceiling(bytes / (1 << 20)):0} MiB of memory; "
                + $"the limit is {mostBytes >> 20} MiB (Limits:ReportBytes).");
        }

        var operations = (sizes * DeltaSketch.Length * OperationsOfSign) + layout.Slots.Sum(OperationsOf);
        if (operations > MostOperations)
        {
            throw new AdapterException(
                $"the report on its {layout.Slots.Count} layers, of ranks up to {layout.Rank}, would take {operations:0.#e+0} operations; "
                + $"the limit is {MostOperations:0.#e+0}. Export it with a lower rank.");
        }
    }

    /// <summary>The factors in both layouts, the triangles, r × r for the singular values, and the products with the signs.</summary>
    static double BytesOf(LayerSlot slot)
    {
        double rank = slot.Rank, numbers = slot.Input + slot.Output;
        return sizeof(double) * ((4 * rank * numbers) + (3 * rank * rank) + (4.0 * DeltaSketch.Length * (rank + 8)));
    }

    static double OperationsOf(LayerSlot slot)
    {
        double rank = slot.Rank, numbers = slot.Input + slot.Output;
        return (2 * rank * rank * numbers) + (OperationsOfRotations * rank * rank * rank) + ((rank + 8) * numbers * DeltaSketch.Length / 8);
    }
}
