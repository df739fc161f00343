using System.CommandLine;
using LoraHub.Core.Modules;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules push</c>: publishes a module at another service.</summary>
static class PushCommand
{
    const string TokenSetting = "LORAHUB_TOKEN";

    /// <param name="replace">Puts other services in the place of the usual ones, or null.</param>
    public static Command Create(Action<IServiceCollection>? replace)
    {
        var module = new Argument<string>("module") { Description = "A PEFT folder, or the owner/name of a module that is here." };
        var to = new Option<string>("--to") { Description = "The service, as http://host:5000.", Required = true };
        var token = new Option<string?>("--token") { Description = $"A token of the service with the scope publish. Default: the setting {TokenSetting}." };
        var name = new Option<string?>("--as") { Description = "The owner/name there. Default: the name that it has here; a folder has none." };
        var command = new Command("push", "Publishes a module at a service.") { module, to, token, name };
        command.SetAction((parsed, cancellationToken) => ModulesCommand.RunAsync(replace, services =>
        {
            var (folder, id) = Find(services, parsed.GetRequiredValue(module), parsed.GetValue(name));
            var secret = parsed.GetValue(token) ?? services.GetRequiredService<IConfiguration>()[TokenSetting];
            return ModulePush.RunAsync(folder, id, Service(parsed.GetRequiredValue(to)), secret, cancellationToken);
        }));
        return command;
    }

    /// <exception cref="ModuleRefusedException">There is no such module, or it has no name.</exception>
    static (string Folder, string Id) Find(IServiceProvider services, string given, string? name)
    {
        if (name is not null && !ModelId.IsValid(name))
        {
            throw new ModuleRefusedException("--as", $"`{name}` is not owner/name.");
        }

        if (Directory.Exists(given))
        {
            return (given, name ?? throw new ModuleRefusedException("--as", "say as which owner/name the folder is to be published."));
        }

        var found = ModulesCommand.Find(services, ModulesCommand.Read(given));
        return (found.Folder, name ?? found.Id);
    }

    /// <exception cref="ModuleRefusedException">The text is no service's URL.</exception>
    static Uri Service(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
        ? url
        : throw new ModuleRefusedException("--to", "it must be the service's URL, as http://host:5000.");
}
