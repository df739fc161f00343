using System.CommandLine;
using System.Globalization;
using LoraHub.Core.Modules;
using LoraHub.Inference.Models;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules show</c>: all that is known of one.</summary>
static class ShowCommand
{
    const int CardLines = 12;

    public static Command Create(Action<IServiceCollection>? replace)
    {
        var id = new Argument<string>("id") { Description = "owner/name, or owner/name@digest." };
        var command = new Command("show", "Shows what a module is, where it comes from and what was found in it.") { id };
        command.SetAction((parsed, _) => ModulesCommand.RunAsync(replace, services =>
        {
            var module = ModulesCommand.Find(services, ModulesCommand.Read(parsed.GetRequiredValue(id)));
            ModuleTable.Show(["field", "value"], Fields(module, services.GetRequiredService<ModelFolders>()).Where(field => field.Value is { Length: > 0 }).Select(field => new[] { field.Name, field.Value! }));
            if (module.Record is { } record)
            {
                ModuleTable.Show(["layer", "norm", "energy, %", "effective rank", "singular values"], record.Report.Layers.Select(Row));
            }

            foreach (var line in module.Card.Split('\n').Take(CardLines))
            {
                ModuleTable.Say(line.TrimEnd('\r'));
            }

            return Task.FromResult(ModulesCommand.Succeeded);
        }));
        return command;
    }

    static IEnumerable<(string Name, string? Value)> Fields(ModuleInfo module, ModelFolders folders)
    {
        yield return ("module", module.Id);
        yield return ("version", module.Digest);
        yield return ("earlier versions", string.Join(' ', folders.EarlierVersions(module.Id).Select(folder => Path.GetFileName(folder)[..Math.Min(12, Path.GetFileName(folder).Length)])));
        yield return ("folder", module.Folder);
        yield return ("base model", module.BaseModel);
        yield return ("r", module.Rank.ToString(CultureInfo.InvariantCulture));
        yield return ("problem", module.Problem);
        if (module.Record is { } record)
        {
            yield return ("source", record.Source);
            yield return ("revision", record.Revision);
            yield return ("published by", record.PublishedBy);
            yield return ("published at", record.PublishedAt.ToString("u", CultureInfo.InvariantCulture));
            yield return ("quarantine", record.Quarantine);
            yield return ("alpha", Number(record.Report.Alpha));
            yield return ("targets", string.Join(' ', record.Report.Targets));
            yield return ("type", record.Report.DType);
            yield return ("parameters", record.Report.Parameters.ToString(CultureInfo.InvariantCulture));
            yield return ("norm", Number(record.Report.Norm));
            yield return ("base model's digest", record.Report.BaseModelDigest ?? "the base model was not here; shapes were not checked against it");
        }
    }

    static string[] Row(LayerReport layer) =>
    [
        layer.Layer,
        Number(layer.Norm),
        (100 * layer.Energy).ToString("0.0", CultureInfo.InvariantCulture),
        layer.EffectiveRank.ToString("0.00", CultureInfo.InvariantCulture),
        string.Join(' ', layer.SingularValues.Select(Number)),
    ];

    static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
