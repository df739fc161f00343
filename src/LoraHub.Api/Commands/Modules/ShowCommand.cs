using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules show</c>: prints the details of a module.</summary>
static class ShowCommand
{
    const int CardLines = 12;

    static readonly string[] LayerColumns = ["layer", "norm", "energy, %", "effective rank", "singular values"];

    public static Command Create(CommandHost host)
    {
        var id = new Argument<string>("id") { Description = "owner/name, or owner/name@digest." };
        var command = new Command("show", "Shows a module's details, its origin and the report of its inspection.") { id };
        return host.Verb(
            command,
            invocation =>
            {
                var module = ModulesCommand.Find(invocation.Services, ModulesCommand.Read(invocation.Require(id)));
                var fields = Fields(module, invocation.Service<SearchPath>()).Where(field => field.Value is { Length: > 0 }).ToArray();
                var layers = module.Report?.Layers.Select(Row).ToArray();
                if (invocation.Output.IsJson)
                {
                    WriteJson(fields, layers, module.Card.Purpose);
                }
                else
                {
                    Show(invocation.Output, fields, layers, module.Card.Purpose);
                }

                return Task.FromResult(ExitCode.Succeeded);
            });
    }

    static void Show(Output output, (string Name, string? Value)[] fields, object?[][]? layers, string card)
    {
        output.Show(["field", "value"], fields.Select(field => new object?[] { field.Name, field.Value }));
        if (layers is not null)
        {
            output.Show(LayerColumns, layers);
        }

        foreach (var line in card.Split('\n').Take(CardLines))
        {
            output.WriteLine(line.TrimEnd('\r'));
        }
    }

    static void WriteJson((string Name, string? Value)[] fields, object?[][]? layers, string card)
    {
        var module = Output.Object([.. fields.Select(field => field.Name)], [.. fields.Select(field => field.Value)]);
        module["layers"] = layers is null ? null : new JsonArray([.. layers.Select(layer => Output.Object(LayerColumns, layer))]);
        module["card"] = card;
        Output.WriteJson(module);
    }

    static IEnumerable<(string Name, string? Value)> Fields(ModuleVersion module, SearchPath folders)
    {
        yield return ("module", module.Id);
        yield return ("version", module.Digest);
        yield return ("earlier versions", string.Join(' ', folders.EarlierVersions(module.Id).Select(Short)));
        yield return ("folder", module.Folder);
        yield return ("base model", module.BaseModel);
        yield return ("r", module.Rank.ToString(CultureInfo.InvariantCulture));
        yield return ("problem", module.Problem);
        if (module.Report is { } report)
        {
            yield return ("source", module.Source);
            yield return ("revision", module.Revision);
            yield return ("published by", module.PublishedBy);
            yield return ("published at", module.PublishedAt.ToString("u", CultureInfo.InvariantCulture));
            yield return ("quarantine", module.Quarantine);
            yield return ("alpha", Number(report.Alpha));
            yield return ("targets", string.Join(' ', report.Targets));
            yield return ("type", report.DType);
            yield return ("parameters", report.Parameters.ToString(CultureInfo.InvariantCulture));
            yield return ("norm", Number(report.Norm));
            yield return ("base model's digest", report.BaseModelDigest ?? "the base model was missing; shapes were not checked against it");
        }
    }

    /// <summary>The first 12 digits of a version folder's name.</summary>
    static string Short(string folder)
    {
        var name = Path.GetFileName(folder);
        return name[..Math.Min(12, name.Length)];
    }

    static object?[] Row(LayerReport layer) =>
    [
        layer.Layer,
        Number(layer.Norm),
        (100 * layer.Energy).ToString("0.0", CultureInfo.InvariantCulture),
        layer.EffectiveRank.ToString("0.00", CultureInfo.InvariantCulture),
        string.Join(' ', layer.SingularValues.Select(Number)),
    ];

    static string Number(double value) => value.ToString("G4", CultureInfo.InvariantCulture);
}
