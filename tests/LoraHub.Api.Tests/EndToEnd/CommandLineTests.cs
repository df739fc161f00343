using LoraHub.Api.Tests.Evaluation;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>What the program says to what it cannot understand.</summary>
public sealed class CommandLineTests : IDisposable
{
    readonly TaskFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("`pedict` is not a command; see --help.", "pedict")]
    [InlineData("Cannot parse argument 'abc' for option '--seed'", "evaluate", "tasks", "--seed", "abc")]
    [InlineData("`--sed` is nothing that `evaluate` knows; see --help.", "evaluate", "tasks", "--sed", "1")]
    [InlineData("Required command was not provided.", "modules")]
    [InlineData("Required argument missing for command: 'show'.", "modules", "show")]
    public async Task What_cannot_be_understood_is_said_and_ends_with_2(string message, params string[] arguments)
    {
        var run = await FinishedRun.OfAsync(Path.Combine(_folder.Path, "data"), arguments);

        Assert.Equal(2, run.Code);
        Assert.StartsWith(message, run.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("--help")]
    [InlineData("--version")]
    [InlineData("modules", "show", "--help")]
    public async Task What_is_asked_for_ends_with_0(params string[] arguments)
    {
        var run = await FinishedRun.OfAsync(Path.Combine(_folder.Path, "data"), arguments);

        Assert.Equal((0, ""), (run.Code, run.Error));
        Assert.NotEmpty(run.Output);
    }
}
