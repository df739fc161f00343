using System.CommandLine;
using LoraHub.Modules.HuggingFace;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules push</c>: publishes a module to another service, or on the Hugging Face Hub.</summary>
static class PushCommand
{
    const string To = "--to", HuggingFace = "hf";

    public static Command Create(CommandHost host)
    {
        var module = new Argument<string>("module") { Description = "A PEFT folder, or the owner/name of a module in the library." };
        var to = new Option<string>(To)
        {
            Description = $"The service's URL, such as http://host:5000, or {HuggingFace} for the Hugging Face Hub (or the server in Hub:Endpoint or "
                + "HF_ENDPOINT).",
            Required = true,
        };
        var token = new Option<string?>("--token")
        {
            Description = $"A token of the service with the scope publish, or of the Hub with write permission. Default: "
                + $"the setting {ServiceClient.TokenSetting}, or with --to {HuggingFace} the setting HF_TOKEN.",
        };
        var name = new Option<string?>("--as") { Description = "The owner/name to publish as. Default: the module's name; required for a folder." };
        var baseModel = new Option<string?>("--base")
        {
            Description = "The base model that the module is for, owner/name. Default: the one that its configuration names.",
        };
        var isPrivate = new Option<bool>("--private") { Description = $"With --to {HuggingFace}: only the owner sees the module." };
        var message = new Option<string?>("--message", "-m")
        {
            Description = $"With --to {HuggingFace}: the commit's message. Default: names this program.",
        };
        var command = new Command("push", "Publishes a module to a service, or on the Hugging Face Hub.")
        {
            module, to, token, name, baseModel, isPrivate, message,
        };
        return host.Verb(
            command,
            async invocation =>
            {
                var (folder, id, problem) = Find(invocation.Services, invocation.Require(module), invocation.Get(name));
                if (invocation.Require(to) == HuggingFace)
                {
                    if (problem is not null)
                    {
                        throw new ModuleRefusedException(id, $"{problem}; `lorahub modules push --to {HuggingFace}` publishes only usable modules.");
                    }

                    return await HuggingFacePush.RunAsync(
                        invocation, folder, id, invocation.Get(baseModel), invocation.Get(isPrivate), invocation.Get(message));
                }

                if (invocation.Get(isPrivate) || invocation.Get(message) is not null)
                {
                    throw new UsageException($"--private and --message go with --to {HuggingFace}.");
                }

                using var service = new ServiceClient(invocation, To, invocation.Require(to), invocation.Get(token), $", or {HuggingFace}");
                return await ModulePush.RunAsync(
                    invocation.Output, folder, id, invocation.Get(baseModel), service, invocation.CancellationToken);
            },
            (parsed, builder) => builder.Services
                .PostConfigure<HubOptions>(HubOptions.UseHuggingFace)
                .PostConfigure<HubOptions>(hub => hub.Token = (parsed.GetValue(to) == HuggingFace ? parsed.GetValue(token) : null) ?? hub.Token));
    }

    /// <exception cref="ModuleRefusedException">There is no such module, or a folder has no name.</exception>
    static (string Folder, string Id, string? Problem) Find(IServiceProvider services, string given, string? name)
    {
        if (name is not null && !ModelId.IsValid(name))
        {
            throw new ModuleRefusedException("--as", $"`{name}` is not owner/name.");
        }

        if (Directory.Exists(given))
        {
            return (given, name ?? throw new ModuleRefusedException("--as", "give the owner/name to publish the folder as."), null);
        }

        var found = ModulesCommand.Find(services, ModulesCommand.Read(given));
        return (found.Folder, name ?? found.Id, found.Problem);
    }
}
