using System.CommandLine;
using System.Text.Json.Nodes;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Commands.Modules;

/// <summary>
/// <c>lorahub modules quarantine</c> and <c>release</c>. Predictions refuse a version in quarantine. Both concern its bytes, under every name.
/// </summary>
static class QuarantineCommand
{
    public static Command Create(CommandHost host)
    {
        var id = new Argument<string>("id") { Description = "owner/name, or owner/name@digest." };
        var reason = new Option<string>("--reason") { Description = "The reason. Predictions that request the module show it.", Required = true };
        var command = new Command("quarantine", "Puts a module's version into quarantine: predictions refuse it.") { id, reason };
        return host.Verb(command, invocation => SetAsync(invocation, invocation.Require(id), invocation.Require(reason)));
    }

    public static Command CreateRelease(CommandHost host)
    {
        var id = new Argument<string>("id") { Description = "owner/name, or owner/name@digest." };
        var command = new Command("release", "Releases a module's version from quarantine.") { id };
        return host.Verb(command, invocation => SetAsync(invocation, invocation.Require(id), reason: null));
    }

    static async Task<int> SetAsync(Invocation invocation, string id, string? reason)
    {
        var reference = ModulesCommand.Read(id);
        if (reason is not null && string.IsNullOrWhiteSpace(reason))
        {
            throw new ModuleRefusedException("--reason", "it is empty; give a reason.");
        }

        var version = ModulesCommand.Find(invocation.Services, reference);
        if (!await invocation.Service<VersionStore>().QuarantineAsync(reference, reason, invocation.CancellationToken))
        {
            throw new ModuleRefusedException(
                "ID", $"{id} has no record, because it was not added to the library; add its folder with `lorahub modules add`.");
        }

        foreach (var same in invocation.Service<ModuleLibrary>().VersionsOf(version.Digest!).Where(same => same.Id != version.Id))
        {
            await invocation.Service<VersionStore>().QuarantineAsync(
                new ModuleReference(same.Id, same.Digest), reason, invocation.CancellationToken);
        }

        invocation.Output.WriteOutcome(
            reason is null ? $"{id} is released from quarantine." : $"{id} is in quarantine.",
            new JsonObject { ["module"] = id, ["quarantine"] = reason });
        return ExitCode.Succeeded;
    }
}
