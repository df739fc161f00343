using LoraHub.Api.Commands;
using Spectre.Console;

namespace LoraHub.Api.Tests.Commands;

/// <summary>Progress bars and long lines in a terminal of 60 columns.</summary>
public sealed class NarrowTerminalTests : IDisposable
{
    const int Width = 60;

    readonly StringWriter _output = new();
    readonly IAnsiConsole _terminal;

    public NarrowTerminalTests()
    {
        _terminal = AnsiConsole.Create(new AnsiConsoleSettings
        {
            Ansi = AnsiSupport.Yes,
            Interactive = InteractionSupport.Yes,
            Out = new AnsiConsoleOutput(_output),
        });
        (_terminal.Profile.Width, _terminal.Profile.Height) = (Width, 40);
    }

    public void Dispose() => _output.Dispose();

    [Fact]
    public async Task Lines_that_wrap_are_not_mixed_with_the_progress_bar()
    {
        const string Long = "[2/2] plural_nonce, delta, seed 1: 100.0 % (zero-shot 0.0 %), loss 0.9955 → 0.0669, 10 evaluations, 9.36 s";

        await Output.Progress(_terminal).StartAsync(context =>
        {
            var bar = context.AddTask(Output.Description(_terminal, "plural_nonce, a method with a long name, seed 1"), maxValue: 2);
            context.Refresh();
            Output.WriteLine(_terminal, "short");
            bar.Increment(1);
            context.Refresh();
            Output.WriteLine(_terminal, Long);
            context.Refresh();
            return Task.CompletedTask;
        });

        Assert.Equal(
            [
                "short",
                "[2/2] plural_nonce, delta, seed 1: 100.0 % (zero-shot 0.0",
                "%), loss 0.9955 → 0.0669, 10 evaluations, 9.36 s",
            ],
            TerminalScreen.Of(_output.ToString(), Width));
    }

    [Fact]
    public async Task A_long_description_leaves_the_bar_in_one_row()
    {
        string? during = null;
        await Output.Progress(_terminal).StartAsync(context =>
        {
            context.AddTask(Output.Description(_terminal, "a task with a long name, a method with a long name, seed 1"));
            context.Refresh();
            during = _output.ToString();
            return Task.CompletedTask;
        });

        var row = Assert.Single(TerminalScreen.Of(during!, Width), row => row.Length > 0);
        Assert.StartsWith("a task with a long … ", row, StringComparison.Ordinal);
        Assert.Contains("0%", row, StringComparison.Ordinal);
    }

    [Fact]
    public void Control_characters_do_not_reach_the_terminal()
    {
        Output.WriteLine(_terminal, "a\e[2Jb");

        Assert.Equal(["a [2Jb"], TerminalScreen.Of(_output.ToString(), Width));
    }
}
