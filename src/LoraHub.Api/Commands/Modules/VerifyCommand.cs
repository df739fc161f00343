using System.CommandLine;
using System.Security.Cryptography;
using LoraHub.Core.Modules;
using LoraHub.Inference.Models;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules verify</c>: reads the files again, and puts in quarantine what is no longer as it came.</summary>
static class VerifyCommand
{
    public static Command Create(Action<IServiceCollection>? replace)
    {
        var ids = new Argument<string[]>("id") { Description = "owner/name. Default: all.", Arity = ArgumentArity.ZeroOrMore };
        var command = new Command("verify", "Reads modules' files again, of earlier versions too, and says which are no longer as they came.") { ids };
        command.SetAction((parsed, cancellationToken) => ModulesCommand.RunAsync(replace, services => VerifyAsync(services, parsed.GetValue(ids) ?? [], cancellationToken)));
        return command;
    }

    static async Task<int> VerifyAsync(IServiceProvider services, string[] ids, CancellationToken cancellationToken)
    {
        var catalog = services.GetRequiredService<IModuleCatalog>();
        var folders = services.GetRequiredService<ModelFolders>();
        var modules = ids.Length > 0 ? [.. ids.Select(id => ModulesCommand.Find(services, ModulesCommand.Read(id) with { Digest = null }))] : catalog.List();
        var (right, wrong, unknown) = (0, 0, 0);
        foreach (var module in modules)
        {
            foreach (var folder in folders.EarlierVersions(module.Id).Prepend(module.Folder))
            {
                if (Record(folder) is not { } record)
                {
                    unknown++;
                }
                else if (await ProblemAsync(folder, record, cancellationToken) is not { } problem)
                {
                    right++;
                }
                else
                {
                    wrong++;
                    var version = new ModuleReference(module.Id, record.Digest);
                    await services.GetRequiredService<IModuleStore>().QuarantineAsync(version, problem, cancellationToken);
                    ModuleTable.Say($"{module.Id}@{record.Digest[..12]}: {problem} It is in quarantine now.");
                }
            }
        }

        ModuleTable.Say($"{right} as they came, {wrong} not; {unknown} have no record to compare with.");
        return wrong == 0 ? ModulesCommand.Succeeded : ModulesCommand.Failed;
    }

    static ModuleRecord? Record(string folder)
    {
        var path = Path.Combine(folder, ModuleRecord.FileName);
        try
        {
            return File.Exists(path) ? ModuleRecord.FromJson(File.ReadAllBytes(path)) : null;
        }
        catch (System.Text.Json.JsonException exception)
        {
            throw new InvalidDataException($"{path} cannot be read: {exception.Message}", exception);
        }
    }

    /// <returns>What is no longer as it came, or null.</returns>
    static async Task<string?> ProblemAsync(string folder, ModuleRecord record, CancellationToken cancellationToken)
    {
        foreach (var file in record.Files.Where(file => ModuleFiles.IsNumbers(file.Name)))
        {
            var path = Path.Combine(folder, file.Name);
            if (!File.Exists(path))
            {
                return $"its {file.Name} is gone.";
            }

            await using var content = File.OpenRead(path);
            if (Convert.ToHexStringLower(await SHA256.HashDataAsync(content, cancellationToken)) != file.Sha256)
            {
                return $"its {file.Name} was changed since it came.";
            }
        }

        return null;
    }
}
