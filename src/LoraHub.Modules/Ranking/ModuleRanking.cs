using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Ranking;

/// <summary>A module and how well its text matches the examples: 0 means no match. Scores are comparable only within one ranking.</summary>
public sealed record RankedModule(ModuleVersion Module, double Score);

/// <summary>Ranks modules by the text of few-shot examples, without a model.</summary>
public static class ModuleRanking
{
    /// <summary>
    /// Every module once, best first, ties by id. Indexes every card; keep a <see cref="CardIndex"/> to rank the same modules again.
    /// </summary>
    public static IReadOnlyList<RankedModule> Rank(
        IReadOnlyList<string> exampleInputs, IReadOnlyList<string> exampleOutputs, IReadOnlyList<ModuleVersion> modules) =>
        new CardIndex(modules).Rank(exampleInputs, exampleOutputs);
}
