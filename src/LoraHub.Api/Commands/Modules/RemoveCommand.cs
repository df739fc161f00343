using System.CommandLine;
using System.Text.Json.Nodes;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Versions;
using LoraHub.Storage.Embedded;
using Spectre.Console;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules remove</c>: removes a module with all of its versions.</summary>
static class RemoveCommand
{
    public static Command Create(CommandHost host)
    {
        var id = new Argument<string>("id") { Description = "owner/name." };
        var yes = new Option<bool>("--yes", "-y") { Description = "Removes the module without confirmation." };
        var force = new Option<bool>("--force")
        {
            Description = "Removes the module even if predictions or deployments of the service use it; they then fail.",
        };
        var command = new Command("remove", "Removes a module with all of its versions.") { id, yes, force };
        return host.Verb(
            command, invocation => RemoveAsync(invocation, invocation.Require(id), invocation.Get(yes), invocation.Get(force)));
    }

    static async Task<int> RemoveAsync(Invocation invocation, string id, bool isConfirmed, bool isForced)
    {
        var reference = ModulesCommand.Read(id);
        if (reference.Digest is not null)
        {
            throw new ModuleRefusedException("ID", "all versions of a module are removed together; leave out the @digest.");
        }

        if (!ModulesCommand.Find(invocation.Services, reference).IsOwned)
        {
            throw new ModuleRefusedException(
                "ID", $"{id} ships with the program or is in a folder of the settings; only modules in the data folder can be removed.");
        }

        if (!isForced && await invocation.Service<FolderRecords>().HolderAsync(id, invocation.CancellationToken) is { } holder)
        {
            throw new ModuleRefusedException("ID", $"{holder} To remove the module nevertheless, pass --force.");
        }

        if (!isConfirmed && !Output.IsTerminal)
        {
            throw new ModuleRefusedException("--yes", "confirmation needs a terminal; pass --yes to remove the module.");
        }

        var question = $"Remove {id.EscapeMarkup()} with all of its versions?";
        if (!isConfirmed && !await AnsiConsole.ConfirmAsync(question, defaultValue: false, invocation.CancellationToken))
        {
            return ExitCode.Failed;
        }

        if (!await invocation.Service<VersionStore>().RemoveAsync(id, invocation.CancellationToken))
        {
            throw new ModuleRefusedException("ID", $"the module {id} was already removed.");
        }

        invocation.Output.WriteOutcome($"Removed {id}.", new JsonObject { ["module"] = id, ["removed"] = true });
        return ExitCode.Succeeded;
    }
}
