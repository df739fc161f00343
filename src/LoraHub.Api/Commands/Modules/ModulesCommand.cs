using System.CommandLine;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules</c>: manages the modules in the folders of the settings, with or without a running service.</summary>
static class ModulesCommand
{
    public static Command Create(CommandHost host) => new("modules", "Searches, inspects, downloads and verifies LoRA modules.")
    {
        ListCommand.Create(host),
        SearchCommand.Create(host),
        ShowCommand.Create(host),
        AddCommand.Create(host),
        PullCommand.Create(host),
        PushCommand.Create(host),
        VerifyCommand.Create(host),
        RemoveCommand.Create(host),
        QuarantineCommand.Create(host),
        QuarantineCommand.CreateRelease(host),
    };

    /// <exception cref="ModuleRefusedException">The text is not a module reference.</exception>
    public static ModuleReference Read(string text) => ModuleReference.Parse(text)
        ?? throw new ModuleRefusedException("ID", $"`{text}` is neither owner/name nor owner/name@digest.");

    /// <exception cref="ModuleRefusedException">There is no such module.</exception>
    public static ModuleVersion Find(IServiceProvider services, ModuleReference reference) =>
        services.GetRequiredService<ModuleLibrary>().Find(reference)
        ?? throw new ModuleRefusedException("ID", $"there is no module {reference} here; `lorahub modules list` shows all modules.");
}
