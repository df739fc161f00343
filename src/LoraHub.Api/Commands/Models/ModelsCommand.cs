using System.CommandLine;
using LoraHub.Api.Models;
using LoraHub.Modules.HuggingFace;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Commands.Models;

/// <summary><c>lorahub models</c>: lists and shows what can be called, and downloads base models.</summary>
static class ModelsCommand
{
    public static Command Create(CommandHost host)
    {
        var list = host.Verb(
            new Command("list", "Lists what `lorahub run` and /v1 can call: the composer, the base models and the modules on this machine."),
            invocation => Task.FromResult(List(invocation)));
        return new Command("models", "Lists, shows and downloads models.") { list, ModelShow.Create(host), Pull(host) };
    }

    static Command Pull(CommandHost host)
    {
        var id = new Argument<string>("model") { Description = "owner/name, such as google/flan-t5-large." };
        var revision = new Option<string?>("--revision", "-r") { Description = "The branch, tag or commit to download. Default: main." };
        var command = new Command(
            "pull", "Downloads a T5 base model from the Hugging Face Hub, or from the server in Hub:Endpoint or HF_ENDPOINT.") { id, revision };
        return host.Verb(
            command,
            invocation => PullAsync(invocation, invocation.Require(id), invocation.Get(revision)),
            (_, builder) => builder.Services.PostConfigure<HubOptions>(HubOptions.UseHuggingFace));
    }

    static async Task<int> PullAsync(Invocation invocation, string given, string? revision)
    {
        if (ModelId.Find(given) is not { } id)
        {
            throw new UsageException($"`{given}` is not a base model: it must be owner/name, such as google/flan-t5-large.");
        }

        var pull = invocation.Service<BaseModelPull>();
        try
        {
            var outcome = await PullTerminal.WatchAsync(invocation.Output, async terminal =>
            {
                terminal.Found(1);
                var outcome = await pull.RunAsync(id, revision, terminal, invocation.CancellationToken);
                terminal.Ended(outcome);
                return outcome;
            });
            PullTerminal.ShowJson(invocation.Output, [outcome]);
            return outcome is PullOutcome.Failed ? ExitCode.Failed : ExitCode.Succeeded;
        }
        catch (OperationCanceledException) when (invocation.CancellationToken.IsCancellationRequested)
        {
            invocation.Output.WriteLine("Stopped; partial downloads are kept. Run the same command to resume.");
            throw;
        }
    }

    static int List(Invocation invocation)
    {
        var (library, composer) = (invocation.Service<ModuleLibrary>(), invocation.Service<Composer>());
        object?[][] rows =
        [
            [composer.Name, "composer", library.DefaultBaseModel, "", ""],
            .. library.Bases.Known.Select(id => new object?[]
            {
                id, "base model", "", ModelShow.SizeOf(library.Bases.Find(id)), id == library.DefaultBaseModel ? "default" : "",
            }),
            .. library.List().Where(module => module.Problem is null).Select(module => new object?[]
            {
                module.Id, "module", module.BaseModel, Output.Size(module.Size),
                library.Bases.IsInstalled(module.BaseModel) ? "" : "base model missing",
            }),
        ];
        invocation.Output.Show(["model", "kind", "base model", "size", "note"], rows, hasHeading: false);
        return ExitCode.Succeeded;
    }
}
