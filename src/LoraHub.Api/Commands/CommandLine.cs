using System.CommandLine;
using System.CommandLine.Invocation;
using LoraHub.Api.Commands.Models;
using LoraHub.Api.Commands.Modules;

namespace LoraHub.Api.Commands;

/// <summary>The program's verbs. Without one it serves, and what is given goes to the configuration (<c>--urls http://*:8080</c>, <c>--Data:Path /srv</c>).</summary>
static class CommandLine
{
    /// <summary>The code when what was given cannot be understood, for every verb.</summary>
    const int BadUsage = 2;

    /// <param name="replace">Puts other services in the place of the usual ones, or null.</param>
    public static async Task<int> RunAsync(string[] args, Action<IServiceCollection>? replace)
    {
        var root = new RootCommand("Adapts a language model to an unseen task from a few examples, by composing LoRA modules. Without a command: serves.")
        {
            TreatUnmatchedTokensAsErrors = false,
        };
        root.Subcommands.Add(PredictCommand.Create(replace));
        root.Subcommands.Add(EvaluateCommand.Create(replace));
        root.Subcommands.Add(ModulesCommand.Create(replace));
        root.Subcommands.Add(TokensCommand.Create());
        root.Subcommands.Add(ModelsCommand.Create(replace));
        root.SetAction(async parsed =>
        {
            if (parsed.UnmatchedTokens is [var first, ..] && !first.StartsWith('-'))
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"`{first}` is not a command; see --help.");
                return BadUsage;
            }

            return await LoraHubServer.RunAsync(args, replace);
        });

        // A file may be given to a verb as `name=@file`; the parser's own @files stay off.
        var command = root.Parse(args, new ParserConfiguration { ResponseFileTokenReplacer = null });
        if (command.CommandResult.Command != root && command.UnmatchedTokens is [var unknown, ..])
        {
            await Console.Error.WriteLineAsync($"`{unknown}` is nothing that `{command.CommandResult.Command.Name}` knows; see --help.");
            return BadUsage;
        }

        var code = await command.InvokeAsync(new InvocationConfiguration
        {
            EnableDefaultExceptionHandler = command.CommandResult.Command != root,
            // The server has its own way to stop; a verb gets its token canceled on Ctrl+C and this long to leave.
            ProcessTerminationTimeout = command.CommandResult.Command == root ? null : TimeSpan.FromSeconds(30),
        });
        return command.Action is ParseErrorAction ? BadUsage : code;
    }
}
