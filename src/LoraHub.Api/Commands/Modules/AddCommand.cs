using System.CommandLine;
using LoraHub.Api.Modules;
using LoraHub.Core.Modules;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules add</c>: a PEFT folder of one's own, checked and copied in.</summary>
static class AddCommand
{
    public static Command Create(Action<IServiceCollection>? replace)
    {
        var folder = new Argument<DirectoryInfo>("folder") { Description = "A PEFT folder: adapter_config.json and adapter_model.safetensors (or .bin)." };
        var name = new Option<string?>("--as") { Description = "What to call it, owner/name. Default: local/ and the folder's name." };
        var command = new Command("add", "Checks a PEFT folder and copies it in as a module.") { folder, name };
        command.SetAction((parsed, cancellationToken) => ModulesCommand.RunAsync(
            replace, services => AddAsync(services, parsed.GetRequiredValue(folder), parsed.GetValue(name), cancellationToken)));
        return command;
    }

    static async Task<int> AddAsync(IServiceProvider services, DirectoryInfo folder, string? name, CancellationToken cancellationToken)
    {
        var id = name ?? $"local/{folder.Name}";
        if (!ModelId.IsValid(id))
        {
            throw new ModuleRefusedException("--as", $"`{id}` is no owner/name of letters, digits, `.`, `-` and `_`.");
        }

        if (!folder.Exists)
        {
            throw new ModuleRefusedException("folder", $"there is no folder `{folder}`.");
        }

        using var arrival = services.GetRequiredService<IModuleStore>().Begin();
        foreach (var (fileName, most) in ModuleFiles.MostBytes.Where(file => file.Key != ModuleRecord.FileName))
        {
            await CopyAsync(new FileInfo(Path.Combine(folder.FullName, fileName)), most, arrival.Folder, cancellationToken);
        }

        var taken = await ActivatorUtilities.CreateInstance<ModuleIntake>(services).TakeInAsync(id, arrival, new ModuleOrigin(), cancellationToken);
        ModuleTable.Say($"{taken.Id}@{taken.Record.Digest[..12]} {Said(taken.Placement)}");
        if (taken.Record.Quarantine is { } reason)
        {
            ModuleTable.Say($"It is in quarantine: {reason} Look at it, and `lorahub modules release {taken.Id}`.");
        }

        return ModulesCommand.Succeeded;
    }

    static async Task CopyAsync(FileInfo file, long most, string to, CancellationToken cancellationToken)
    {
        if (!file.Exists)
        {
            return;
        }

        await using var from = file.OpenRead();
        if (from.Length > most)
        {
            throw new ModuleRefusedException(file.Name, $"it is larger than {most} bytes.");
        }

        await using var copy = File.Create(Path.Combine(to, file.Name));
        await from.CopyToAsync(copy, cancellationToken);
    }

    static string Said(Placement placement) => placement switch
    {
        Placement.New => "is new here.",
        Placement.NewVersion => "is a new version.",
        _ => "was here before; its card is this one now.",
    };
}
