using LoraHub.Api.Models;
using LoraHub.Modules.Library;
using LoraHub.Modules.Ranking;

namespace LoraHub.Api.Commands.Models;

/// <summary>Finds the model that a command line names.</summary>
static class CalledModel
{
    /// <param name="name"><c>owner/name</c>, <c>owner/name:version</c> or a version.</param>
    /// <exception cref="UsageException">There is no such model on this machine.</exception>
    public static async Task<CallableModel> FindAsync(Invocation invocation, string name) =>
        await invocation.Service<ModelCatalog>().FindVersionAsync(name, invocation.CancellationToken)
        ?? throw new UsageException(Unknown(invocation, name));

    static string Unknown(Invocation invocation, string name)
    {
        var library = invocation.Service<ModuleLibrary>();
        var known = library.Known.Select(module => module.Id).Concat(library.Bases.Known).Append(invocation.Service<Composer>().Name);
        var hint = Spelling.Closest(name, known) is [var closest, ..] ? $" Did you mean `{closest}`?" : "";
        return $"There is no model `{Output.Sanitize(name)}` here; `lorahub models list` shows all models.{hint}";
    }
}
