using System.CommandLine;
using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Formats.Adapters;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules verify</c>: compares the files with their recorded hashes, and quarantines versions that have changed.</summary>
static class VerifyCommand
{
    public static Command Create(CommandHost host)
    {
        var ids = new Argument<string[]>("id") { Description = "owner/name. Default: all.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("verify", "Compares modules' files, of earlier versions too, with their hashes, and quarantines changed versions.")
        {
            ids,
        };
        return host.Verb(command, invocation => VerifyAsync(invocation, invocation.Get(ids) ?? []));
    }

    static async Task<int> VerifyAsync(Invocation invocation, string[] ids)
    {
        var catalog = invocation.Service<ModuleLibrary>();
        var folders = invocation.Service<SearchPath>();
        var modules = ids.Length > 0
            ? [.. ids.Select(id => ModulesCommand.Find(invocation.Services, ModulesCommand.Read(id) with { Digest = null }))]
            : catalog.List();
        var (unchanged, unknown) = (0, 0);
        var changed = new JsonArray();
        foreach (var module in modules)
        {
            foreach (var folder in folders.EarlierVersions(module.Id).Prepend(module.Folder))
            {
                var (recorded, unreadable) = Read(module.Id, folder);
                if (unreadable is not null)
                {
                    changed.Add(new JsonObject { ["module"] = module.Id, ["version"] = null, ["problem"] = unreadable });
                    invocation.Output.WriteLine($"{module.Id}: {unreadable} The version is not used.");
                }
                else if (recorded is not { IsRecorded: true, Digest: { } digest })
                {
                    unknown++;
                }
                else if (await ProblemAsync(recorded, invocation.CancellationToken) is not { } problem)
                {
                    unchanged++;
                }
                else
                {
                    changed.Add(new JsonObject { ["module"] = module.Id, ["version"] = digest, ["problem"] = problem });
                    var version = new ModuleReference(module.Id, digest);
                    await invocation.Service<VersionStore>().QuarantineAsync(version, problem, invocation.CancellationToken);
                    invocation.Output.WriteLine($"{module.Id}@{digest[..12]}: {problem} The version is now in quarantine.");
                }
            }
        }

        invocation.Output.WriteOutcome(
            $"{unchanged} unchanged, {changed.Count} changed; {unknown} have no record to compare with.",
            new JsonObject { ["unchanged"] = unchanged, ["unknown"] = unknown, ["changed"] = changed });
        return changed.Count == 0 ? ExitCode.Succeeded : ExitCode.Failed;
    }

    /// <returns>The version in the folder's record, or why the record cannot be read.</returns>
    static (ModuleVersion? Recorded, string? Problem) Read(string id, string folder)
    {
        try
        {
            return (RecordFile.Read(new ModuleVersion { Id = id, Folder = folder }), null);
        }
        catch (JsonException exception)
        {
            return (null, $"its {RecordFile.Name} cannot be read: {JsonFault.Of(exception)}");
        }
    }

    /// <returns>How the files differ from the record, or null.</returns>
    static async Task<string?> ProblemAsync(ModuleVersion recorded, CancellationToken cancellationToken)
    {
        foreach (var file in recorded.Files.Where(file => ModuleFiles.IsNumbers(file.Name)))
        {
            var path = Path.Combine(recorded.Folder, file.Name);
            if (!File.Exists(path))
            {
                return $"its {file.Name} is missing.";
            }

            await using var content = File.OpenRead(path);
            if (Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken)) != file.Sha256)
            {
                return $"its {file.Name} has changed since it was added.";
            }
        }

        return null;
    }
}
