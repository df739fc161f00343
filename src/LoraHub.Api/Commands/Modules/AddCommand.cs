using System.CommandLine;
using System.Text.Json.Nodes;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules add</c>: checks a PEFT folder and copies it into the module library.</summary>
static class AddCommand
{
    public static Command Create(CommandHost host)
    {
        var folder = new Argument<DirectoryInfo>("folder")
        {
            Description = "A PEFT folder: adapter_config.json and adapter_model.safetensors (or .bin).",
        };
        var name = new Option<string?>("--as") { Description = "The module's name, owner/name. Default: local/ and the folder's name." };
        var baseModel = new Option<string?>("--base")
        {
            Description = "The base model that the module is for, owner/name. Default: the one that adapter_config.json names.",
        };
        var command = new Command("add", "Checks a PEFT folder and copies it into the module library.") { folder, name, baseModel };
        return host.Verb(command, invocation => AddAsync(invocation, invocation.Require(folder), invocation.Get(name), invocation.Get(baseModel)));
    }

    static async Task<int> AddAsync(Invocation invocation, DirectoryInfo folder, string? name, string? baseModel)
    {
        var id = name ?? $"local/{folder.Name}";
        if (!ModelId.IsValid(id) && (name is not null || VersionFolder.IsMeantAsModule(folder.FullName))) // else the folder is the mistake
        {
            throw new ModuleRefusedException("--as", $"`{id}` is not owner/name with letters, digits, `.`, `-` and `_`.");
        }

        if (!folder.Exists)
        {
            throw new ModuleRefusedException("folder", $"there is no folder `{folder}`.");
        }

        if (baseModel is not null && ModelId.Find(baseModel) is null)
        {
            throw new ModuleRefusedException("--base", $"`{baseModel}` is not owner/name, such as google/flan-t5-large.");
        }

        if (!VersionFolder.IsMeantAsModule(folder.FullName))
        {
            var hint = HubCache.Snapshot(folder.FullName) is { } snapshot
                ? $" It is a folder of the Hugging Face Hub's cache; its files are in `{snapshot}`."
                : "";
            throw new ModuleRefusedException("folder", $"`{folder}` has no {ModuleFiles.Config}.{hint}");
        }

        var publisher = invocation.Service<ModulePublisher>();
        using var incoming = publisher.Begin();
        foreach (var (fileName, most) in ModuleFiles.MostBytes.Where(file => file.Key != RecordFile.Name))
        {
            await CopyAsync(new FileInfo(Path.Combine(folder.FullName, fileName)), most, incoming.Path, invocation.CancellationToken);
        }

        var (version, placement) = await publisher.PublishAsync(id, incoming, new ModuleOrigin(BaseModel: baseModel), invocation.CancellationToken);
        invocation.Output.WriteOutcome($"{id}@{version.Digest![..12]} {Outcome(placement)}", new JsonObject
        {
            ["module"] = id,
            ["version"] = version.Digest,
            ["outcome"] = placement switch { Placement.New => "added", Placement.NewVersion => "new_version", _ => "present" },
            ["quarantine"] = version.Quarantine,
        });
        if (version.Quarantine is { } reason)
        {
            invocation.Output.WriteLine($"It is in quarantine: {reason} Inspect it, then run `lorahub modules release {id}`.");
        }

        return ExitCode.Succeeded;
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

    static string Outcome(Placement placement) => placement switch
    {
        Placement.New => "was added.",
        Placement.NewVersion => "was added as a new version.",
        _ => "was already here; its card was updated.",
    };
}
