using System.CommandLine;
using LoraHub.Core.Modules;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules</c>: the modules in the folders of the settings. It needs no service, and may run beside one.</summary>
static class ModulesCommand
{
    public const int Succeeded = 0, Failed = 1, BadInput = 2, Canceled = 130;

    /// <param name="replace">Puts other services in the place of the usual ones, or null.</param>
    public static Command Create(Action<IServiceCollection>? replace) => new("modules", "The LoRA modules: find, look at, bring and check them.")
    {
        ListCommand.Create(replace),
        SearchCommand.Create(replace),
        ShowCommand.Create(replace),
        AddCommand.Create(replace),
        PullCommand.Create(replace),
        PushCommand.Create(replace),
        VerifyCommand.Create(replace),
        RemoveCommand.Create(replace),
        QuarantineCommand.Create(replace),
        QuarantineCommand.CreateRelease(replace),
    };

    /// <summary>Runs a verb with the service's parts; what a person can mend becomes a line and an exit code.</summary>
    public static async Task<int> RunAsync(Action<IServiceCollection>? replace, Func<IServiceProvider, Task<int>> run)
    {
        try
        {
            using var host = TerminalHost.Build(replace);
            return await run(host.Services);
        }
        catch (ModuleRefusedException exception)
        {
            await Console.Error.WriteLineAsync($"{exception.FieldName}: {exception.Message}");
            return BadInput;
        }
        catch (Exception exception) when (exception is OptionsValidationException or IOException or UnauthorizedAccessException or InvalidDataException)
        {
            await Console.Error.WriteLineAsync(exception.Message);
            return Failed;
        }
        catch (OperationCanceledException)
        {
            return Canceled;
        }
    }

    /// <exception cref="ModuleRefusedException">The text is no reference.</exception>
    public static ModuleReference Read(string text) => ModuleReference.Parse(text)
        ?? throw new ModuleRefusedException("ID", $"`{text}` is neither owner/name nor owner/name@digest.");

    /// <exception cref="ModuleRefusedException">There is no such module.</exception>
    public static ModuleInfo Find(IServiceProvider services, ModuleReference reference) =>
        services.GetRequiredService<IModuleCatalog>().Find(reference)
        ?? throw new ModuleRefusedException("ID", $"there is no module {reference} here; `lorahub modules list` names those that are.");
}
