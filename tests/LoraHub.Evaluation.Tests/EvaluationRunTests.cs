using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;
using LoraHub.Inference;
using LoraHub.TestHost;
using Microsoft.Extensions.Time.Testing;

namespace LoraHub.Evaluation.Tests;

public sealed class EvaluationRunTests : IDisposable
{
    static readonly ScriptedLibrary Catalog = ScriptedLibrary.Create();
    static readonly EvaluationSetting Setting = Of(Catalog, "A machine", "1.2.3");

    readonly TaskFolder _folder = new();
    readonly ScriptedPredictor _predictor = new();
    readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));
    readonly List<string> _ran = [];

    public EvaluationRunTests() => _predictor.Script = run =>
    {
        _ran.Add($"{run.Input.Composition} {run.Input.Seed} {run.Input.TestInputs.Count}");
        _time.Advance(TimeSpan.FromSeconds(2));
        return Answer(run, zeroShot: 10, adapted: 20 + (10 * run.Input.Seed ?? 0));
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task A_second_run_resumes_where_the_first_stopped()
    {
        var plan = Plan("lorahub", """delta={"composition":"delta"}""");
        using var stop = new CancellationTokenSource();

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(plan, stop.Token, Stop));
        Assert.Equal(["Factors 1 2", "Factors 2 2"], _ran);

        _ran.Clear();
        await RunAsync(plan);
        Assert.Equal(["Delta 1 2", "Delta 2 2"], _ran);

        _ran.Clear();
        await RunAsync(plan);
        Assert.Empty(_ran);

        void Stop(int ended)
        {
            if (ended == 2)
            {
                stop.Cancel();
            }
        }
    }

    [Fact]
    public async Task A_prediction_that_is_canceled_in_the_middle_leaves_no_result()
    {
        using var stop = new CancellationTokenSource();
        _predictor.Script = run =>
        {
            stop.Cancel();
            return run.UntilCanceled();
        };

        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => RunAsync(Plan("lorahub"), stop.Token));

        Assert.Empty(await File.ReadAllTextAsync(ResultsFile, TestContext.Current.CancellationToken));
        Assert.Empty(Directory.EnumerateFileSystemEntries(Path.Combine(_folder.Path, "data", "tmp")));
    }

    [Fact]
    public async Task A_truncated_line_is_run_again_and_repaired()
    {
        var plan = Plan("lorahub");
        await RunAsync(plan);
        var whole = await File.ReadAllTextAsync(ResultsFile, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(ResultsFile, whole[..^30], TestContext.Current.CancellationToken);

        _ran.Clear();
        await RunAsync(plan);

        Assert.Equal(["Factors 2 2"], _ran);
        var lines = await File.ReadAllLinesAsync(ResultsFile, TestContext.Current.CancellationToken);
        Assert.Equal([1, 2], lines.Select(line => (int)JsonNode.Parse(line)!["seed"]!));
    }

    [Fact]
    public async Task Tasks_run_side_by_side_and_give_the_same_table()
    {
        var plan = Plan([TaskFolder.Task("a", 2), TaskFolder.Task("b", 3)], "lorahub", """delta={"composition":"delta"}""");
        PredictionResult Script(Run run) => Answer(run, zeroShot: 10, adapted: 10 * run.Input.TestInputs.Count * run.Input.Seed!.Value);
        _predictor.Script = Script;
        var expected = EvaluationMarkdown.Write(await RunAsync(plan));
        File.Delete(ResultsFile);
        using var both = new Barrier(2); // each prediction of one task waits for one of the other
        _predictor.Script = run => both.SignalAndWait(TimeSpan.FromSeconds(30)) ? Script(run) : throw new PredictionException("It ran alone.");

        var table = await RunAsync(plan, TestContext.Current.CancellationToken, parallel: 2);

        Assert.Equal(expected, EvaluationMarkdown.Write(table));
        Assert.Equal(8, (await File.ReadAllLinesAsync(ResultsFile, TestContext.Current.CancellationToken)).Length);
    }

    [Fact]
    public async Task A_failure_is_recorded_the_run_continues_and_the_next_run_retries_it()
    {
        var script = _predictor.Script;
        _predictor.Script = run => run.Input.Seed == 1 ? throw new PredictionException("The module is broken.") : script(run);
        var plan = Plan("lorahub");

        var failed = await RunAsync(plan);

        Assert.Equal([new TableFailure("a", 0, "lorahub", 1, "The module is broken.")], failed.Failures);
        Assert.Equal((40, null, 1), (failed.Methods[0].Mean, failed.Methods[0].SpreadOverSeeds, failed.Methods[0].Failed));
        Assert.Contains("\n- a, lorahub, seed 1: failed: The module is broken.\n", EvaluationMarkdown.Write(failed), StringComparison.Ordinal);

        _predictor.Script = script;
        _ran.Clear();
        var mended = await RunAsync(plan);

        Assert.Equal(["Factors 1 2"], _ran);
        Assert.Empty(mended.Failures);
        Assert.Equal(35, mended.Methods[0].Mean);
    }

    [Fact]
    public async Task The_table_is_a_row_a_task_and_a_column_a_method()
    {
        var table = await RunAsync(Plan([TaskFolder.Task("a", 2), TaskFolder.Task("b|c", 3)], "zero-shot", "lorahub",
            """delta={"composition":"delta","max_inference_step":15}"""));

        Assert.Equal(
            """
            # Evaluation

            Base model lorahub/t5-mini, 30 modules. Seeds 1, 2.
            Budget, in evaluations: 40 (lorahub), 15 (delta). Exact match in percent, means over the seeds.
            A machine. LoraHub 1.2.3. 2026-11-24.

            | task | n | zero-shot | lorahub | delta |
            | --- | --- | --- | --- | --- |
            | a | 2 | 10.0 | 35.0 | 35.0 |
            | b\|c | 3 | 10.0 | 35.0 | 35.0 |
            | **mean of 2** |  | **10.0** | **35.0** | **35.0** |
            | **mean of the even tasks** |  | **10.0** | **35.0** | **35.0** |
            | **mean of the odd tasks** |  | **10.0** | **35.0** | **35.0** |
            | **spread over seeds** |  | **–** | **5.0** | **5.0** |
            | **tasks below zero-shot** |  | **–** | **0** | **0** |
            | **evaluations** |  | **–** | **40.0** | **40.0** |
            | **seconds a prediction** |  | **–** | **2.00** | **2.00** |

            - lorahub: `{"method":"lorahub"}`
            - delta: `{"composition":"delta","max_inference_step":15}`

            - Tasks count from 1 in the order of the table: the second is even.
            - Evaluations: a gradient step after the search counts as 3.
            - Spread over seeds: the standard deviation over the seeds (of a population), averaged over the tasks.

            """,
            EvaluationMarkdown.Write(table));

        var json = JsonNode.Parse(table.ToJson())!;
        Assert.Equal("lorahub/t5-mini", (string?)json["base"]);
        Assert.Equal(
            """{"accuracy_by_draw":{"0":{"1":30,"2":40}},"mean":35,"spread_over_seeds":5,"spread_over_draws":null}""",
            json["tasks"]![1]!["methods"]!["lorahub"]!.ToJsonString());
    }

    [Fact]
    public async Task A_method_that_never_succeeds_has_no_numbers()
    {
        _predictor.Script = _ => throw new PredictionException("No.");

        var table = await RunAsync(Plan("lorahub"));

        var text = EvaluationMarkdown.Write(table);
        Assert.Contains("| a | 2 | – | failed |\n| **mean of 1** |  | **–** | **–** |\n", text, StringComparison.Ordinal);
        Assert.Equal(2, table.Failures.Count);
    }

    [Fact]
    public async Task An_invalid_line_is_named()
    {
        await RunAsync(Plan("lorahub"));
        await File.AppendAllTextAsync(ResultsFile, "{\"task\": 7}\n", TestContext.Current.CancellationToken);

        var refusal = Assert.Throws<EvaluationException>(() => EvaluationResults.Open(Path.Combine(_folder.Path, "out")));

        Assert.StartsWith($"`{ResultsFile}`, line 3: it is not a result of `lorahub evaluate`", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Results_are_open_to_one_process_at_a_time()
    {
        using var results = EvaluationResults.Open(_folder.Path);

        Assert.ThrowsAny<IOException>(() => EvaluationResults.Open(_folder.Path));
    }

    string ResultsFile => Path.Combine(_folder.Path, "out", EvaluationResults.FileName);

    static EvaluationSetting Of(ScriptedLibrary catalog, string machine, string program)
    {
        var setting = EvaluationSetting.Of(catalog, new InferenceOptions());
        return setting with { Conditions = setting.Conditions with { Machine = machine, Program = program } };
    }

    static EvaluationPlan Plan(params string[] methods) => Plan([TaskFolder.Task("a", 2)], methods);

    static EvaluationPlan Plan(EvaluationTask[] tasks, params string[] methods) =>
        EvaluationPlan.Create(tasks, [.. methods.Select(EvaluationMethod.Read)], [1, 2], [], draws: null, Catalog);

    static PredictionResult Answer(Run run, double zeroShot, double adapted)
    {
        var answer = run.Answer();
        return answer with { Output = answer.Output with { Accuracy = new AccuracyReport(zeroShot, adapted) } };
    }

    Task<EvaluationTable> RunAsync(EvaluationPlan plan) => RunAsync(plan, TestContext.Current.CancellationToken);

    /// <param name="ended">Receives the number of finished predictions.</param>
    async Task<EvaluationTable> RunAsync(EvaluationPlan plan, CancellationToken cancellationToken, Action<int>? ended = null, int parallel = 1)
    {
        using var results = EvaluationResults.Open(Path.Combine(_folder.Path, "out"));
        var run = new EvaluationRun(_predictor, Catalog, Path.Combine(_folder.Path, "data"), Setting, results, _time)
        {
            Parallel = parallel,
        };
        var count = 0;
        await run.RunAsync(plan.Left(Setting, results), _ => { }, _ => ended?.Invoke(++count), cancellationToken);
        return EvaluationTable.Of(plan, Setting, results, _time.GetUtcNow());
    }
}
