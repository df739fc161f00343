using System.CommandLine;
using LoraHub.Core.Modules;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules push</c>: publishes a module at another service.</summary>
static class PushCommand
{
    const string TokenSetting = "LORAHUB_TOKEN";

    const int Failed = 1, BadInput = 2;

    /// <param name="replace">Puts other services in the place of the usual ones, or null.</param>
    public static Command Create(Action<IServiceCollection>? replace)
    {
        var module = new Argument<string>("module") { Description = "A PEFT folder, or the owner/name of a module that is here." };
        var to = new Option<string>("--to") { Description = "The service, as http://host:5000.", Required = true };
        var token = new Option<string>("--token") { Description = $"A token of the service with the scope publish. Default: the setting {TokenSetting}." };
        var name = new Option<string>("--as") { Description = "The owner/name there. Default: the name that it has here; a folder has none." };
        var command = new Command("push", "Publishes a module at a service.") { module, to, token, name };
        command.SetAction(async (parsed, cancellationToken) =>
        {
            try
            {
                using var host = TerminalHost.Build(replace);
                var given = parsed.GetRequiredValue(module);
                var folder = Directory.Exists(given) ? given : Find(host.Services, given);
                var id = parsed.GetValue(name) ?? given;
                var wrong = folder is null ? $"`{given}` is neither a folder nor a module that is here."
                    : !ModelId.IsValid(id) || (parsed.GetValue(name) is null && Directory.Exists(given)) ? "--as OWNER/NAME must say what the module is to be called there."
                    : !IsService(parsed.GetRequiredValue(to)) ? "--to must be the service's URL, as http://host:5000."
                    : null;
                if (wrong is not null)
                {
                    await Console.Error.WriteLineAsync(wrong);
                    return BadInput;
                }

                var secret = parsed.GetValue(token) ?? host.Services.GetRequiredService<IConfiguration>()[TokenSetting];
                return await ModulePush.RunAsync(folder!, id, new Uri(parsed.GetRequiredValue(to)), secret, cancellationToken);
            }
            catch (Exception exception) when (exception is OptionsValidationException or IOException or UnauthorizedAccessException)
            {
                await Console.Error.WriteLineAsync(exception.Message);
                return Failed;
            }
        });
        return command;
    }

    static string? Find(IServiceProvider services, string id) =>
        ModuleReference.Parse(id) is { } reference ? services.GetRequiredService<IModuleCatalog>().Find(reference)?.Folder : null;

    static bool IsService(string text) => Uri.TryCreate(text, UriKind.Absolute, out var url) && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps);
}
