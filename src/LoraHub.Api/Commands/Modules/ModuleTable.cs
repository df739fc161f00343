using LoraHub.Modules.Versions;

namespace LoraHub.Api.Commands.Modules;

/// <summary>Prints a list of modules.</summary>
static class ModuleTable
{
    static readonly string[] Columns = ["module", "r", "base model", "source", "version", "state"];

    public static void Show(Output output, IEnumerable<ModuleVersion> modules) => output.Show(Columns, modules.Select(module => new object?[]
    {
        module.Id,
        module.Rank == 0 ? null : module.Rank,
        module.BaseModel,
        Source(module),
        module.Digest?[..12],
        module.Problem is null ? "ok" : module.Quarantine is null ? "broken" : "quarantine",
    }));

    static string Source(ModuleVersion module) => module.IsRecorded ? module.Source ?? "added" : module.IsOwned ? "folder" : "shipped or configured";
}
