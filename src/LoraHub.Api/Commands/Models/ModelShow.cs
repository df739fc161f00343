using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using LoraHub.Api.Models;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;

namespace LoraHub.Api.Commands.Models;

/// <summary><c>lorahub models show</c>: prints a model's details and inputs.</summary>
static class ModelShow
{
    static readonly string[] InputColumns = ["input", "type", "default", "range", "description"];

    public static Command Create(CommandHost host)
    {
        var name = new Argument<string>("model") { Description = "owner/name, owner/name:version, or a version of 64 digits." };
        var command = new Command("show", "Shows a model's version, base model, folder and inputs.") { name };
        return host.Verb(command, async invocation =>
        {
            var model = await CalledModel.FindAsync(invocation, invocation.Require(name));
            (string Name, string? Value)[] fields = [.. Fields(invocation, model).Where(field => field.Value is { Length: > 0 })];
            object?[][] inputs = [.. model.Fields.Select(Row)];
            if (invocation.Output.IsJson)
            {
                var data = Output.Object([.. fields.Select(field => field.Name)], [.. fields.Select(field => field.Value)]);
                data["inputs"] = new JsonArray([.. inputs.Select(row => Output.Object(InputColumns, row))]);
                Output.WriteJson(data);
            }
            else
            {
                invocation.Output.Show(["field", "value"], fields.Select(field => new object?[] { field.Name, field.Value }));
                invocation.Output.Show(InputColumns, inputs);
            }

            return ExitCode.Succeeded;
        });
    }

    /// <summary>The size of a base model's folder, for people.</summary>
    public static string SizeOf(string? folder) =>
        folder is null ? "" : Output.Size(new DirectoryInfo(folder).EnumerateFiles().Sum(file => VersionFolder.Content(file).Length));

    static IEnumerable<(string Name, string? Value)> Fields(Invocation invocation, CallableModel model)
    {
        var library = invocation.Service<ModuleLibrary>();
        var folder = model switch
        {
            { IsComposer: true } => null,
            { Module: { } module } => module.Folder,
            _ => library.Bases.Find(model.Name),
        };
        yield return ("model", model.Name);
        yield return ("kind", model.IsComposer ? "composer" : model.Module is null ? "base model" : "module");
        yield return ("version", model.Version);
        yield return ("base model", model.IsComposer ? library.DefaultBaseModel : model.Module?.BaseModel);
        yield return ("problem", model.Problem);
        yield return ("folder", folder);
        yield return ("size", model.Module is { } sized ? Output.Size(sized.Size) : SizeOf(folder));
        yield return ("modules", model.IsComposer || model.Module is not null ? null : Count(library, model.Name));
        yield return ("call", model.IsComposer ? "lorahub predict" : $"lorahub run {model.Name} PROMPT");
        yield return ("details", model.Module is null ? null : $"lorahub modules show {model.Name}");
    }

    static string Count(ModuleLibrary library, string id) =>
        library.List().Count(module => module.Problem is null && module.BaseModel == id).ToString(CultureInfo.InvariantCulture);

    static object?[] Row(InputField field) =>
    [
        field.Name,
        field.Type.ToString().ToLowerInvariant(),
        field.Default,
        field.IsRequired ? "required"
            : field.Choices is { Count: > 0 } choices ? string.Join(", ", choices)
            : field.Maximum is { } most ? string.Create(CultureInfo.InvariantCulture, $"{field.Minimum} to {most}")
            : "",
        field.Description,
    ];
}
