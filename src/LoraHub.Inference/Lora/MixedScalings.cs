using System.Globalization;

namespace LoraHub.Inference.Lora;

/// <summary>Says where <c>factors</c> gives modules another scaling than their own: the result then depends on which module comes first.</summary>
static class MixedScalings
{
    const int Shown = 5;

    /// <param name="modules">Of one layout, in the order of the composition.</param>
    /// <returns>A sentence that names the modules, or null when all have the first one's scaling.</returns>
    public static string? Note(IReadOnlyList<LoraModule> modules)
    {
        var first = modules[0];
        LoraModule[] others = [.. modules.Where(module => !module.HasScalingsOf(first))];
        if (others.Length == 0)
        {
            return null;
        }

        var named = string.Join(", ", others.Take(Shown).Select(Text)) + (others.Length > Shown ? $" and {others.Length - Shown} more" : "");
        return $"The composition `factors` applies the scaling of the first module, {Text(first)}, to all modules. Others have another one: {named}. "
            + "With `composition: delta` each module keeps its own.";
    }

    static string Text(LoraModule module)
    {
        var scalings = module.Layout.Slots.Select(slot => slot.Scaling).Distinct().Order().ToArray();
        return scalings.Length == 1
            ? string.Create(CultureInfo.InvariantCulture, $"`{module.Info.Id}` ({scalings[0]:0.####})")
            : string.Create(CultureInfo.InvariantCulture, $"`{module.Info.Id}` ({scalings[0]:0.####} to {scalings[^1]:0.####})");
    }
}
