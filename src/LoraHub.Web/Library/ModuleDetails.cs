using LoraHub.Modules.Versions;

namespace LoraHub.Web.Library;

/// <summary>What the page of a module shows.</summary>
/// <param name="Module">The version that is shown.</param>
/// <param name="Readme">Markdown: its card, or what was stored in its place. Untrusted.</param>
/// <param name="Versions">All of its versions: the current one first, then from newest to oldest.</param>
/// <param name="Neighbors">The modules with the most similar updates, nearest first.</param>
/// <param name="OpenPredictions">The number of queued or running predictions that use it.</param>
/// <param name="Problem">Why it cannot be called now; null if it can.</param>
public sealed record ModuleDetails(
    ModuleVersion Module,
    string Readme,
    IReadOnlyList<ModuleVersion> Versions,
    IReadOnlyList<ModuleNeighbor> Neighbors,
    int OpenPredictions,
    string? Problem);

/// <param name="Cosine">The cosine similarity of the updates, −1 to 1.</param>
public sealed record ModuleNeighbor(string Id, double Cosine);

/// <summary>A module in a list.</summary>
/// <param name="Description">What it does, in a line.</param>
public sealed record ListedModule(ModuleVersion Module, string Description);

/// <summary>The composer or a base model in a list.</summary>
/// <param name="Url">The path of its page.</param>
public sealed record ListedModel(string Name, string Url, string Description);
