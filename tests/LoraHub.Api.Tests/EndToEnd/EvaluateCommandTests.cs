using System.Diagnostics;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Evaluation.Tests;

namespace LoraHub.Api.Tests.EndToEnd;

/// <summary>Runs the real program from its command line.</summary>
public sealed class EvaluateCommandTests : IDisposable
{
    static readonly string Tasks = Path.Combine(Repository.Root, "bench", "tasks");

    /// <summary>The program that <see cref="FinishedRun"/> runs.</summary>
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(2);

    readonly TaskFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Evaluate_writes_a_table_that_a_second_run_writes_again_without_predicting()
    {
        File.Copy(Path.Combine(Tasks, "plural_nonce.jsonl"), Path.Combine(_folder.Path, "plural_nonce.jsonl"));
        _folder.Write("snarks.json", TaskFolder.Document(7));
        string[] arguments =
        [
            _folder.Path, "-m", "zero-shot", "-m", """plurals={"module_weights":{"lorahub/t5_mini-plurals":1}}""", "-m",
            """delta={"composition":"delta"}""",
            "--seed", "3", "--limit", "10", "-i", "max_inference_step=10", "-i", "max_new_tokens=8", "-o", Output,
        ];

        var first = await RunAsync(arguments);

        Assert.Equal(0, first.Code);
        Assert.Matches(
            @"^\[1/6\] plural_nonce, zero-shot: 0\.0 %, \d+\.\d\d s\n\[2/6\] plural_nonce, plurals, seed 3: 100\.0 % \(zero-shot 0\.0 %\), loss ",
            first.Error);
        Assert.Contains("[6/6] snarks, delta, seed 3: ", first.Error, StringComparison.Ordinal);
        Assert.Contains("\n| plural_nonce | 10 | 0.0 | 100.0 | ", first.Output, StringComparison.Ordinal);
        Assert.Equal(await ReadAsync("table.md"), first.Output);
        Assert.Equal(100, (double)JsonNode.Parse(await ReadAsync("table.json"))!["tasks"]![0]!["methods"]!["plurals"]!["mean"]!);

        var results = await ReadAsync("results.jsonl");
        var second = await RunAsync(arguments);

        Assert.Equal((0, await ReadAsync("table.md")), (second.Code, second.Output));
        Assert.Equal(results, await ReadAsync("results.jsonl"));
    }

    [Fact]
    public async Task An_interrupted_evaluate_exits_with_130_and_keeps_finished_results()
    {
        using var process = Process.Start(Start(
            [Tasks, "-m", "lorahub", "--limit", "2", "-i", "max_new_tokens=8", "-i", "max_inference_step=100", "-o", Output]))!;
        try
        {
            var line = await process.StandardError.ReadLineAsync(TestContext.Current.CancellationToken).AsTask()
                .WaitAsync(Limit, TestContext.Current.CancellationToken);
            Assert.StartsWith("[1/60] add_nonce, lorahub, seed 1: ", line, StringComparison.Ordinal);

            using var interrupt = Process.Start("kill", ["-TERM", $"{process.Id}"]); // equivalent to Ctrl+C; background processes ignore INT
            var rest = await process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken)
                .WaitAsync(Limit, TestContext.Current.CancellationToken);
            await process.WaitForExitAsync(TestContext.Current.CancellationToken);

            var kept = (await ReadAsync("results.jsonl")).Split('\n').SkipLast(1).Count();
            Assert.InRange(kept, 1, 59);
            Assert.Equal(130, process.ExitCode);
            Assert.EndsWith($"Stopped after {kept} of 60 predictions, kept in {Output}/results.jsonl. Run the same command to resume.\n", rest,
                StringComparison.Ordinal);
        }
        finally
        {
            process.Kill();
        }
    }

    [Theory]
    [InlineData("There is no folder `/no/such/tasks`.", "/no/such/tasks")]
    [InlineData("`bestest` is not a method. The methods are: lorahub", "TASKS", "--method", "bestest")]
    [InlineData("method `delta`: composition: \"deltas\" is not one of factors, delta", "TASKS", "-m", """delta={"composition":"deltas"}""")]
    [InlineData("--input: `seeds` is not an input.", "TASKS", "-i", "seeds=1")]
    [InlineData("--input: `seed` comes from --seed; leave it out.", "TASKS", "-i", "seed=1")]
    [InlineData("--limit: 0 test lines are too few; use at least 1.", "TASKS", "--limit", "0")]
    [InlineData("--example-draws: use 1 to 100 draws of the examples, not 0.", "TASKS", "--example-draws", "0")]
    [InlineData("--parallel: use 1 to 64 predictions side by side, not 0.", "TASKS", "--parallel", "0")]
    [InlineData("--against: `tuned` is not among the methods of this evaluation: best.", "TASKS", "-m", "best", "--against", "tuned")]
    [InlineData("--base: `nobody` is not owner/name.", "TASKS", "--base", "nobody")]
    [InlineData("--draws: there is no file `/no/such/draws`.", "TASKS", "--draws", "/no/such/draws")]
    [InlineData("--base: the base model `nobody/nothing` is not here", "TASKS", "--base", "nobody/nothing")]
    [InlineData("--output: `TASKS/add_nonce.jsonl` is a file; name a folder.", "TASKS", "-o", "TASKS/add_nonce.jsonl")]
    [InlineData("--output: `TASKS` is the folder of the tasks", "TASKS", "-o", "TASKS")]
    public async Task Evaluate_reports_an_error_in_one_line_and_exits_with_2(string message, params string[] arguments)
    {
        var (code, output, error) = await RunAsync([.. arguments.Select(Named), .. arguments.Contains("-o") ? (string[])[] : ["-o", Output]]);

        Assert.Equal((2, ""), (code, output));
        Assert.StartsWith(Named(message), error, StringComparison.Ordinal);
        Assert.Equal(error.Length - 1, error.IndexOf('\n', StringComparison.Ordinal));
    }

    string Output => Path.Combine(_folder.Path, "out");

    static string Named(string text) => text.Replace("TASKS", Tasks, StringComparison.Ordinal);

    Task<string> ReadAsync(string name) => File.ReadAllTextAsync(Path.Combine(Output, name), TestContext.Current.CancellationToken);

    Task<FinishedRun> RunAsync(string[] arguments) => FinishedRun.OfAsync(Path.Combine(_folder.Path, "data"), ["evaluate", .. arguments]);

    ProcessStartInfo Start(string[] arguments)
    {
        var start = new ProcessStartInfo("dotnet", ["exec", Path.Combine(AppContext.BaseDirectory, "lorahub.dll"), "evaluate", .. arguments])
        {
            UseShellExecute = false,
            RedirectStandardError = true,
        };
        start.Environment["Data__Path"] = Path.Combine(_folder.Path, "data");
        start.Environment["Inference__Threads"] = "1";
        return start;
    }
}
