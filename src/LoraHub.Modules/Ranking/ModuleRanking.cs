using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Ranking;

/// <summary>A module and how well its text fits the examples: 0 when they share nothing; scores of one ranking compare with each other only.</summary>
public sealed record RankedModule(ModuleVersion Module, double Score);

/// <summary>Orders modules by the few-shot examples' text, without a model.</summary>
public static class ModuleRanking
{
    /// <summary>Every module once, best first, equally good ones by id. Reads every card; keep a <see cref="CardIndex"/> to rank the same modules again.</summary>
    public static IReadOnlyList<RankedModule> Rank(
        IReadOnlyList<string> exampleInputs, IReadOnlyList<string> exampleOutputs, IReadOnlyList<ModuleVersion> modules) =>
        new CardIndex(modules).Rank(exampleInputs, exampleOutputs);
}
