using System.CommandLine;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules push</c>: publishes a module to another service.</summary>
static class PushCommand
{
    const string TokenSetting = "LORAHUB_TOKEN";

    public static Command Create(CommandHost host)
    {
        var module = new Argument<string>("module") { Description = "A PEFT folder, or the owner/name of a module in the library." };
        var to = new Option<string>("--to") { Description = "The service's URL, such as http://host:5000.", Required = true };
        var token = new Option<string?>("--token")
        {
            Description = $"A token of the service with the scope publish. Default: the setting {TokenSetting}.",
        };
        var name = new Option<string?>("--as") { Description = "The owner/name to publish as. Default: the module's name; required for a folder." };
        var baseModel = new Option<string?>("--base")
        {
            Description = "The base model that the module is for, owner/name. Default: the one that its configuration names.",
        };
        var command = new Command("push", "Publishes a module to a service.") { module, to, token, name, baseModel };
        return host.Verb(command, invocation =>
        {
            var (folder, id) = Find(invocation.Services, invocation.Require(module), invocation.Get(name));
            var secret = invocation.Get(token) ?? invocation.Service<IConfiguration>()[TokenSetting];
            return ModulePush.RunAsync(
                invocation.Output, folder, id, invocation.Get(baseModel), Service(invocation.Require(to)), secret, invocation.CancellationToken);
        });
    }

    /// <exception cref="ModuleRefusedException">There is no such module, or a folder has no name.</exception>
    static (string Folder, string Id) Find(IServiceProvider services, string given, string? name)
    {
        if (name is not null && !ModelId.IsValid(name))
        {
            throw new ModuleRefusedException("--as", $"`{name}` is not owner/name.");
        }

        if (Directory.Exists(given))
        {
            return (given, name ?? throw new ModuleRefusedException("--as", "give the owner/name to publish the folder as."));
        }

        var found = ModulesCommand.Find(services, ModulesCommand.Read(given));
        return (found.Folder, name ?? found.Id);
    }

    /// <exception cref="ModuleRefusedException">The text is not an HTTP URL.</exception>
    static Uri Service(string text) =>
        Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            ? url
            : throw new ModuleRefusedException("--to", "it must be the service's URL, such as http://host:5000.");
}
