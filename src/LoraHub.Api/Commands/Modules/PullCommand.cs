using System.CommandLine;
using LoraHub.Modules.HuggingFace;
using LoraHub.Modules.Versions;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules pull</c>: downloads modules. The next call resumes an interrupted download.</summary>
static class PullCommand
{
    public static Command Create(CommandHost host)
    {
        var names = new Argument<string[]>("module")
        {
            Description = "owner/name, or a pattern such as 'lorahub/flan_t5_large-*'.",
            Arity = ArgumentArity.OneOrMore,
        };
        var revision = new Option<string?>("--revision", "-r")
        {
            Description = "The branch, tag or commit to download. Default: main; modules that were pulled before do not change.",
        };
        var update = new Option<bool>("--update", "-u")
        {
            Description = "Downloads the newest commit of modules that were pulled before, as a new version.",
        };
        var parallel = new Option<int?>("--parallel", "-p")
        {
            Description = "How many modules to download at once, 1 to 64. Default: the setting Hub:Parallel, 4.",
        };
        var baseModel = new Option<string?>("--base")
        {
            Description = "The base model that the modules are for, owner/name, if their configuration names none or a path.",
        };
        var command = new Command("pull", "Downloads modules from the Hugging Face Hub, or from the server in Hub:Endpoint or HF_ENDPOINT.")
        {
            names, revision, update, parallel, baseModel,
        };
        return host.Verb(
            command,
            invocation => RunAsync(
                invocation, invocation.Require(names), invocation.Get(revision), invocation.Get(update), invocation.Get(baseModel)),
            (parsed, builder) => builder.Services
                .PostConfigure<HubOptions>(HubOptions.UseHuggingFace)
                .PostConfigure<HubOptions>(hub => hub.Parallel = parsed.GetValue(parallel) ?? hub.Parallel));
    }

    static async Task<int> RunAsync(Invocation invocation, string[] names, string? revision, bool update, string? baseModel)
    {
        if (Array.Find(names, name => !ModulePull.IsName(name)) is { } wrong)
        {
            throw new UsageException($"`{wrong}` is not a module: {ModulePull.NameRule}.");
        }

        if (baseModel is not null && ModelId.Find(baseModel) is null)
        {
            throw new UsageException($"--base: `{baseModel}` is not owner/name, such as google/flan-t5-large.");
        }

        var pull = invocation.Service<ModulePull>();
        var downloaded = 0;
        try
        {
            var outcomes = await PullTerminal.WatchAsync(invocation.Output, async terminal =>
            {
                try
                {
                    return await pull.RunAsync(names, revision, update, baseModel, terminal, invocation.CancellationToken);
                }
                finally
                {
                    downloaded = terminal.Downloaded;
                }
            });
            PullTerminal.ShowJson(invocation.Output, outcomes);
            return Show(invocation.Output, outcomes);
        }
        catch (OperationCanceledException) when (invocation.CancellationToken.IsCancellationRequested)
        {
            var count = $"{downloaded} {(downloaded == 1 ? "module" : "modules")}";
            invocation.Output.WriteLine($"Stopped after {count}; partial downloads are kept. Run the same command to resume.");
            throw;
        }
    }

    static int Show(Output output, IReadOnlyList<PullOutcome> outcomes)
    {
        PullOutcome.Failed[] failed = [.. outcomes.OfType<PullOutcome.Failed>()];
        var downloaded = outcomes.Count(outcome => outcome is PullOutcome.Downloaded);
        var quarantined = outcomes.Count(outcome => outcome is PullOutcome.Downloaded { Quarantine: not null });
        output.WriteLine(
            $"{downloaded} downloaded{(quarantined > 0 ? $" ({quarantined} into quarantine)" : "")}, " +
            $"{outcomes.Count(outcome => outcome is PullOutcome.AlreadyHere)} already here, {failed.Length} failed.");
        foreach (var (id, reason) in failed)
        {
            Console.Error.WriteLine($"{id}: {reason}");
        }

        return failed.Length == 0 ? ExitCode.Succeeded : ExitCode.Failed;
    }
}
