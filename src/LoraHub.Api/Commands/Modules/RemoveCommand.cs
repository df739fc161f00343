using System.CommandLine;
using LoraHub.Core.Modules;
using Spectre.Console;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules remove</c>: with all versions, everywhere.</summary>
static class RemoveCommand
{
    public static Command Create(Action<IServiceCollection>? replace)
    {
        var id = new Argument<string>("id") { Description = "owner/name." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Do not ask." };
        var command = new Command("remove", "Removes a module with all of its versions.") { id, yes };
        command.SetAction((parsed, cancellationToken) => ModulesCommand.RunAsync(
            replace, services => RemoveAsync(services, parsed.GetRequiredValue(id), parsed.GetValue(yes), cancellationToken)));
        return command;
    }

    static async Task<int> RemoveAsync(IServiceProvider services, string id, bool isSure, CancellationToken cancellationToken)
    {
        var reference = ModulesCommand.Read(id);
        if (reference.Digest is not null)
        {
            throw new ModuleRefusedException("ID", "a module goes with all of its versions: leave the @digest out.");
        }

        if (!ModulesCommand.Find(services, reference).IsOwned)
        {
            throw new ModuleRefusedException("ID", $"{id} ships with the program or lies in a folder of the settings; only what is in the data folder is removed.");
        }

        if (!isSure && !AnsiConsole.Profile.Out.IsTerminal)
        {
            throw new ModuleRefusedException("--yes", "nobody can be asked here; give it to remove the module.");
        }

        if (!isSure && !await AnsiConsole.ConfirmAsync($"Remove {id.EscapeMarkup()} with all of its versions?", defaultValue: false, cancellationToken))
        {
            return ModulesCommand.Failed;
        }

        if (!await services.GetRequiredService<IModuleStore>().RemoveAsync(id, cancellationToken))
        {
            throw new ModuleRefusedException("ID", $"there is no module {id} any more.");
        }

        ModuleTable.Say($"{id} is removed.");
        return ModulesCommand.Succeeded;
    }
}
