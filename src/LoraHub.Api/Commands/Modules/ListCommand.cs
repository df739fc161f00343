using System.CommandLine;
using LoraHub.Core.Modules;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules list</c>.</summary>
static class ListCommand
{
    public static Command Create(Action<IServiceCollection>? replace)
    {
        var baseModel = new Option<string?>("--base-model") { Description = "Only those for this base model, owner/name." };
        var rank = new Option<int?>("--rank") { Description = "Only those of this r." };
        var owner = new Option<string?>("--owner") { Description = "Only those of this owner." };
        var command = new Command("list", "Lists the modules that are here.") { baseModel, rank, owner };
        command.SetAction((parsed, _) => ModulesCommand.RunAsync(replace, services =>
        {
            var modules = services.GetRequiredService<IModuleCatalog>().List().Where(module =>
                (parsed.GetValue(baseModel) is not { } model || module.BaseModel == model)
                && (parsed.GetValue(rank) is not { } r || module.Rank == r)
                && (parsed.GetValue(owner) is not { } name || module.Id.StartsWith($"{name}/", StringComparison.Ordinal)));
            ModuleTable.Show([.. modules]);
            return Task.FromResult(ModulesCommand.Succeeded);
        }));
        return command;
    }
}
