namespace LoraHub.Core.Modules;

/// <summary>A module and how well its text fits the examples: 0 when they share nothing; scores of one ranking compare with each other only.</summary>
public sealed record RankedModule(ModuleInfo Module, double Score);

/// <summary>Orders modules by the few-shot examples' text, without a model.</summary>
public static class ModuleRanking
{
    /// <summary>Every module once, best first, equally good ones by id. Reads every card; keep a <see cref="ModuleIndex"/> to rank the same modules again.</summary>
    public static IReadOnlyList<RankedModule> Rank(
        IReadOnlyList<string> exampleInputs, IReadOnlyList<string> exampleOutputs, IReadOnlyList<ModuleInfo> modules) =>
        new ModuleIndex(modules).Rank(exampleInputs, exampleOutputs);
}
