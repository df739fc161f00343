using System.CommandLine;
using LoraHub.Modules.Library;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules list</c>.</summary>
static class ListCommand
{
    public static Command Create(CommandHost host)
    {
        var baseModel = new Option<string?>("--base-model") { Description = "Only modules of this base model, owner/name." };
        var rank = new Option<int?>("--rank") { Description = "Only modules of this rank (r)." };
        var owner = new Option<string?>("--owner") { Description = "Only modules of this owner." };
        var command = new Command("list", "Lists the modules in the library.") { baseModel, rank, owner };
        return host.Verb(
            command,
            invocation =>
            {
                var modules = invocation.Service<ModuleLibrary>().List().Where(module =>
                    (invocation.Get(baseModel) is not { } model || module.BaseModel == model)
                    && (invocation.Get(rank) is not { } r || module.Rank == r)
                    && (invocation.Get(owner) is not { } name || module.Id.StartsWith($"{name}/", StringComparison.Ordinal)));
                ModuleTable.Show(invocation.Output, modules);
                return Task.FromResult(ExitCode.Succeeded);
            });
    }
}
