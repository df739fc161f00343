using System.CommandLine;
using LoraHub.Core.Modules;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules quarantine</c> and <c>release</c>: whether predictions refuse a version.</summary>
static class QuarantineCommand
{
    public static Command Create(Action<IServiceCollection>? replace)
    {
        var id = new Argument<string>("id") { Description = "owner/name, or owner/name@digest." };
        var reason = new Option<string>("--reason") { Description = "Why; whoever asks for the module is told.", Required = true };
        var command = new Command("quarantine", "Has predictions refuse a module's version.") { id, reason };
        command.SetAction((parsed, cancellationToken) => ModulesCommand.RunAsync(
            replace, services => SetAsync(services, parsed.GetRequiredValue(id), parsed.GetRequiredValue(reason), cancellationToken)));
        return command;
    }

    public static Command CreateRelease(Action<IServiceCollection>? replace)
    {
        var id = new Argument<string>("id") { Description = "owner/name, or owner/name@digest." };
        var command = new Command("release", "Lets predictions use a version that was in quarantine.") { id };
        command.SetAction((parsed, cancellationToken) => ModulesCommand.RunAsync(replace, services => SetAsync(services, parsed.GetRequiredValue(id), null, cancellationToken)));
        return command;
    }

    static async Task<int> SetAsync(IServiceProvider services, string id, string? reason, CancellationToken cancellationToken)
    {
        var reference = ModulesCommand.Read(id);
        if (reason is not null && string.IsNullOrWhiteSpace(reason))
        {
            throw new ModuleRefusedException("--reason", "it is empty; say why.");
        }

        ModulesCommand.Find(services, reference);
        if (!await services.GetRequiredService<IModuleStore>().QuarantineAsync(reference, reason, cancellationToken))
        {
            throw new ModuleRefusedException("ID", $"{id} was not taken in by the hub, so there is no record to write that to; `lorahub modules add` takes in a folder.");
        }

        ModuleTable.Say(reason is null ? $"{id} may be used." : $"{id} is in quarantine.");
        return ModulesCommand.Succeeded;
    }
}
