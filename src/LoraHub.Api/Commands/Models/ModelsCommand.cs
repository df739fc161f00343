using System.CommandLine;
using LoraHub.Api.Hub;
using LoraHub.Core.Modules;
using LoraHub.Inference.Models;
using Spectre.Console;

namespace LoraHub.Api.Commands.Models;

/// <summary><c>lorahub models</c>: the base models at hand, and bringing others.</summary>
static class ModelsCommand
{
    /// <param name="replace">Puts other services in the place of the usual ones, or null.</param>
    public static Command Create(Action<IServiceCollection>? replace)
    {
        var list = new Command("list", "The base models at hand.");
        list.SetAction((_, _) => PullHost.GuardAsync(() => ListAsync(replace)));
        return new Command("models", "The base models that modules are for.") { list, Pull(replace) };
    }

    static Command Pull(Action<IServiceCollection>? replace)
    {
        var id = new Argument<string>("model") { Description = "owner/name, as google/flan-t5-large." };
        var revision = new Option<string?>("--revision", "-r") { Description = "The branch, tag or commit to bring. Default: main." };
        var command = new Command("pull", "Brings a base model, a T5, from the Hugging Face Hub, or another that Hub:Endpoint or HF_ENDPOINT names.") { id, revision };
        command.SetAction((parsed, cancellationToken) => PullHost.GuardAsync(() => PullAsync(parsed.GetRequiredValue(id), parsed.GetValue(revision), replace, cancellationToken)));
        return command;
    }

    static async Task<int> PullAsync(string id, string? revision, Action<IServiceCollection>? replace, CancellationToken cancellationToken)
    {
        if (!ModelId.IsValid(id))
        {
            await Console.Error.WriteLineAsync($"`{id}` is no base model: it must be owner/name, as google/flan-t5-large.");
            return PullHost.BadInput;
        }

        using var host = PullHost.Build(replace);
        var pull = host.Services.GetRequiredService<ModelPull>();
        try
        {
            var outcome = await PullTerminal.WatchAsync(async terminal =>
            {
                terminal.Found(1);
                var outcome = await pull.RunAsync(id, revision, terminal, cancellationToken);
                terminal.Ended(outcome);
                return outcome;
            });
            return outcome is PullOutcome.Failed ? PullHost.Failed : PullHost.Succeeded;
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            PullTerminal.Say("Stopped. What had come is kept, and the same command goes on from there.");
            return PullHost.Canceled;
        }
    }

    static Task<int> ListAsync(Action<IServiceCollection>? replace)
    {
        using var host = TerminalHost.Build(replace);
        var catalog = host.Services.GetRequiredService<IModuleCatalog>();
        var modules = catalog.List().Where(module => module.Problem is null).CountBy(module => module.BaseModel).ToDictionary();
        var rows = host.Services.GetRequiredService<ModelFolders>().All()
            .Where(model => File.Exists(Path.Combine(model.Folder, ModelFileList.Config)) && ModelFileList.HasWeights(model.Folder))
            .Select(model => (
                model.Id,
                Size: PullTerminal.Size(new DirectoryInfo(model.Folder).EnumerateFiles().Sum(file => file.Length)),
                Modules: modules.GetValueOrDefault(model.Id),
                Default: model.Id == catalog.DefaultBaseModel ? "default" : "",
                model.Folder)).ToArray();
        if (AnsiConsole.Profile.Out.IsTerminal)
        {
            var table = new Table().Border(TableBorder.Rounded)
                .AddColumn("base model").AddColumn(new TableColumn("size").RightAligned()).AddColumn(new TableColumn("modules").RightAligned()).AddColumn("").AddColumn("folder");
            foreach (var row in rows)
            {
                table.AddRow(row.Id.EscapeMarkup(), row.Size, $"{row.Modules}", row.Default, row.Folder.EscapeMarkup());
            }

            AnsiConsole.Write(table);
        }
        else
        {
            foreach (var row in rows)
            {
                Console.Out.WriteLine($"{row.Id}\t{row.Size}\t{row.Modules}\t{row.Default}\t{row.Folder}");
            }
        }

        return Task.FromResult(PullHost.Succeeded);
    }
}
