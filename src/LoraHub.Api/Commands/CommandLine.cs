using System.CommandLine;
using System.CommandLine.Invocation;
using LoraHub.Api.Commands.Models;
using LoraHub.Api.Commands.Modules;
using LoraHub.Modules.Ranking;

namespace LoraHub.Api.Commands;

/// <summary>
/// The program's verbs. Without a verb the program runs the service, and the arguments are settings (<c>--urls http://*:8080</c>,
/// <c>--Data:Path /srv</c>).
/// </summary>
static class CommandLine
{
    /// <param name="replace">Replaces services, for tests; or null.</param>
    public static async Task<int> RunAsync(string[] args, Action<IServiceCollection>? replace)
    {
        var root = new RootCommand(
            "Adapts a language model to an unseen task from a few examples, by composing LoRA modules. Without a command, runs the service.")
        {
            TreatUnmatchedTokensAsErrors = false,
        };
        var host = new CommandHost(replace);
        root.Subcommands.Add(PredictCommand.Create(host));
        root.Subcommands.Add(RunCommand.Create(host));
        root.Subcommands.Add(PublishCommand.Create(host));
        root.Subcommands.Add(TrainCommand.Create(host));
        root.Subcommands.Add(EvaluateCommand.Create(host));
        root.Subcommands.Add(ModulesCommand.Create(host));
        root.Subcommands.Add(TokensCommand.Create());
        root.Subcommands.Add(ModelsCommand.Create(host));
        root.SetAction(async parsed =>
        {
            if (parsed.UnmatchedTokens is [var first, ..] && !first.StartsWith('-'))
            {
                var hint = Spelling.Closest(first, root.Subcommands.Select(known => known.Name)) is [var closest, ..]
                    ? $" Did you mean `{closest}`?"
                    : "";
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"`{first}` is not a command; see --help.{hint}");
                return ExitCode.BadUsage;
            }

            return await LoraHubServer.RunAsync(args, replace);
        });

        // The inputs of verbs accept `name=@file`, so the parser's own response files are off.
        var command = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (command.CommandResult.Command != root && command.UnmatchedTokens is [var unknown, ..])
        {
            await Console.Error.WriteLineAsync($"Unknown argument `{unknown}` for `{command.CommandResult.Command.Name}`; see --help.");
            return ExitCode.BadUsage;
        }

        var code = await command.InvokeAsync(new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = command.CommandResult.Command != root,
            // The server handles termination itself. For a verb, Ctrl+C cancels its token, and the verb has this long to exit.
            ProcessTerminationTimeout = command.CommandResult.Command == root ? null : TimeSpan.FromSeconds(30),
        });
        return command.Action is ParseErrorAction ? ExitCode.BadUsage : code;
    }
}
