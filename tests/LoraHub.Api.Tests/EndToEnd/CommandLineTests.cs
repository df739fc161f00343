using LoraHub.Api.Tests.Support;
using LoraHub.Evaluation.Tests;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>Checks the command line's error messages and exit codes.</summary>
public sealed class CommandLineTests : IDisposable
{
    readonly TaskFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("`pedict` is not a command; see --help. Did you mean `predict`?\n", "pedict")]
    [InlineData("Cannot parse argument 'abc' for option '--seed'", "evaluate", "tasks", "--seed", "abc")]
    [InlineData("Unknown argument `--sed` for `evaluate`; see --help.", "evaluate", "tasks", "--sed", "1")]
    [InlineData("Required command was not provided.", "modules")]
    [InlineData("Required argument missing for command: 'show'.", "modules", "show")]
    public async Task Invalid_arguments_are_reported_and_exit_with_2(string message, params string[] arguments)
    {
        var run = await FinishedRun.OfAsync(Path.Combine(_folder.Path, "data"), arguments);

        Assert.Equal(2, run.Code);
        Assert.StartsWith(message, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("--version")]
    [InlineData("modules", "show", "--help")]
    public async Task Help_and_version_exit_with_0(params string[] arguments)
    {
        var run = await FinishedRun.OfAsync(Path.Combine(_folder.Path, "data"), arguments);

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.NotEmpty(run.Output);
    }
}
