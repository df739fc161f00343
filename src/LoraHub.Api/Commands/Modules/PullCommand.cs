using System.CommandLine;
using LoraHub.Api.Hub;

namespace LoraHub.Api.Commands.Modules;

/// <summary><c>lorahub modules pull</c>: brings modules from the hub. What was stopped goes on where it was, at the next call.</summary>
static class PullCommand
{
    /// <param name="replace">Puts other services in the place of the usual ones, or null.</param>
    public static Command Create(Action<IServiceCollection>? replace)
    {
        var names = new Argument<string[]>("module") { Description = "owner/name, or a set as 'lorahub/flan_t5_large-*'.", Arity = ArgumentArity.OneOrMore };
        var revision = new Option<string?>("--revision", "-r") { Description = "The branch, tag or commit to bring. Default: main; one that was pulled before stays as it is." };
        var update = new Option<bool>("--update", "-u") { Description = "Looks whether the hub has a newer commit of what was pulled before, and brings it as a new version." };
        var parallel = new Option<int?>("--parallel", "-p") { Description = "How many modules to fetch at once, 1 to 64. Default: that of the settings, 4." };
        var command = new Command("pull", "Brings modules from the Hugging Face Hub, or another that Hub:Endpoint or HF_ENDPOINT names.") { names, revision, update, parallel };
        command.SetAction((parsed, cancellationToken) => PullHost.GuardAsync(() => RunAsync(
            parsed.GetRequiredValue(names), parsed.GetValue(revision), parsed.GetValue(update), parsed.GetValue(parallel), replace, cancellationToken)));
        return command;
    }

    static async Task<int> RunAsync(
        string[] names, string? revision, bool update, int? parallel, Action<IServiceCollection>? replace, CancellationToken cancellationToken)
    {
        if (Array.Find(names, name => !ModulePull.IsName(name)) is { } wrong)
        {
            await Console.Error.WriteLineAsync($"`{wrong}` is no module: {ModulePull.NameRule}.");
            return PullHost.BadInput;
        }

        using var host = PullHost.Build(replace, parallel);
        var pull = host.Services.GetRequiredService<ModulePull>();
        var brought = 0;
        try
        {
            var outcomes = await PullTerminal.WatchAsync(async terminal =>
            {
                try
                {
                    return await pull.RunAsync(names, revision, update, terminal, cancellationToken);
                }
                finally
                {
                    brought = terminal.Brought;
                }
            });
            return Show(outcomes);
        }
        catch (OperationCanceledException) when (cancellationToken.IsCancellationRequested)
        {
            PullTerminal.Say($"Stopped. {brought} brought; what else had come is kept, and the same command goes on from there.");
            return PullHost.Canceled;
        }
    }

    static int Show(IReadOnlyList<PullOutcome> outcomes)
    {
        PullOutcome.Failed[] failed = [.. outcomes.OfType<PullOutcome.Failed>()];
        var quarantined = outcomes.Count(outcome => outcome is PullOutcome.Brought { Quarantine: not null });
        PullTerminal.Say(
            $"{outcomes.Count(outcome => outcome is PullOutcome.Brought)} brought{(quarantined > 0 ? $" ({quarantined} into quarantine)" : "")}, " +
            $"{outcomes.Count(outcome => outcome is PullOutcome.Here)} already here, {failed.Length} failed.");
        foreach (var (id, reason) in failed)
        {
            Console.Error.WriteLine($"{id}: {reason}");
        }

        return failed.Length == 0 ? PullHost.Succeeded : PullHost.Failed;
    }
}
