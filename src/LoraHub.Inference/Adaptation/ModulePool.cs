using System.Runtime.CompilerServices;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Modules.Library;
using LoraHub.Modules.Ranking;
using LoraHub.Modules.Versions;

namespace LoraHub.Inference.Adaptation;

/// <summary>
/// The modules that predictions draw from, and the index of their texts: made once for each list of modules that the library keeps.
/// </summary>
sealed class ModulePool
{
    static readonly ConditionalWeakTable<IReadOnlyList<ModuleVersion>, Lazy<ModulePool>[]> Made = [];

    readonly Lazy<CardIndex> _cards;

    ModulePool(IReadOnlyList<ModuleVersion> modules) => (Modules, _cards) = (modules, new Lazy<CardIndex>(() => new CardIndex(modules)));

    /// <summary>Ordered by id.</summary>
    public IReadOnlyList<ModuleVersion> Modules { get; }

    public CardIndex Cards => _cards.Value;

    /// <summary>The modules that can be composed: under <see cref="Composition.Factors"/> only those of the most common layout.</summary>
    public static ModulePool Of(ModuleLibrary catalog, Composition composition)
    {
        var pools = Made.GetValue(catalog.Known, known =>
        {
            var usable = known.Where(module => module.Problem is null && module.BaseModel == catalog.DefaultBaseModel).ToArray();
            return [new(() => new ModulePool(OfOneLayout(usable))), new(() => new ModulePool(usable))];
        });
        return pools[composition == Composition.Delta ? 1 : 0].Value;
    }

    static ModuleVersion[] OfOneLayout(ModuleVersion[] usable) =>
        usable.GroupBy(module => module.Layout).MaxBy(layout => layout.Count())?.ToArray() ?? []; // the first one in the list on a tie
}
