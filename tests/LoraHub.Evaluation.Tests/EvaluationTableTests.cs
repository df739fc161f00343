using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference;
using LoraHub.TestHost;
using Microsoft.Extensions.Time.Testing;

namespace LoraHub.Evaluation.Tests;

/// <summary>Two tasks, two draws of their examples, two seeds. The expected numbers were computed by hand.</summary>
public sealed class EvaluationTableTests : IDisposable
{
    static readonly ScriptedLibrary Catalog = ScriptedLibrary.Create();

    static readonly EvaluationTask A = TaskFolder.Task("a", 6), B = TaskFolder.Task("b", 7);

    /// <summary>Accuracy by task, draw and seed.</summary>
    static readonly Dictionary<(string Task, int Draw, long Seed), double>
        Best = Accuracies(a: [40, 40, 50, 50], b: [20, 20, 10, 10]),
        Other = Accuracies(a: [50, 60, 54, 56], b: [10, 30, 0, 2]);

    readonly TaskFolder _folder = new();
    readonly ScriptedPredictor _predictor = new();
    readonly FakeTimeProvider _time = new(new DateTimeOffset(2026, 11, 24, 12, 0, 0, TimeSpan.Zero));

    public EvaluationTableTests() => _predictor.Script = run =>
    {
        _time.Advance(TimeSpan.FromSeconds(2));
        var (task, zeroShot) = run.Input.TestInputs.Count == 6 ? ("a", 10) : ("b", 12);
        var draw = run.Input.ExampleInputs[0] == "q0" ? 0 : 1;
        var accuracies = run.Input.Composition == Composition.Delta ? Best : Other;
        var answer = run.Answer();
        return answer with
        {
            Output = answer.Output with
            {
                Accuracy = new AccuracyReport(zeroShot, accuracies[(task, draw, run.Input.Seed!.Value)]),
                Controls = run.Input.Controls ? Controls(random: 8) : null,
            },
        };
    };

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Means_spreads_and_paired_differences_are_over_tasks_draws_and_seeds()
    {
        var table = await RunAsync(Plan("best", """other={"controls":true}"""));

        Assert.Equal(
            """
            # Evaluation

            Base model lorahub/t5-mini, 30 modules. Seeds 1, 2.
            Budget, in evaluations: 40. Exact match in percent, means over the seeds and 2 draws of the examples.
            A machine. LoraHub 1.2.3. 2026-11-24.

            | task | n | zero-shot | best | other | other · random directions |
            | --- | --- | --- | --- | --- | --- |
            | a | 6 | 10.0 | 45.0 | 55.0 | 8.0 |
            | b | 7 | 12.0 | 15.0 | 10.5 | 8.0 |
            | **mean of 2** |  | **11.0** | **30.0** | **32.8** | **8.0** |
            | **mean of the even tasks** |  | **12.0** | **15.0** | **10.5** | **8.0** |
            | **mean of the odd tasks** |  | **10.0** | **45.0** | **55.0** | **8.0** |
            | **spread over seeds** |  | **–** | **0.0** | **4.3** | **0.0** |
            | **spread over draws** |  | **–** | **0.0** | **6.7** | **0.0** |
            | **difference from best** |  | **–** | **–** | **+2.8** | **-22.0** |
            | **its standard error over tasks** |  | **–** | **–** | **7.3** | **15.0** |
            | **its standard error over task draws** |  | **–** | **–** | **3.4** | **3.5** |
            | **worst task against best** |  | **–** | **–** | **-4.5 b** | **-37.0 a** |
            | **tasks below zero-shot** |  | **–** | **0** | **1** | **2** |
            | **task draws below zero-shot** |  | **–** | **1** | **1** | **4** |
            | **evaluations** |  | **–** | **40.0** | **40.0** | **–** |
            | **seconds a prediction** |  | **–** | **2.00** | **2.00** | **–** |

            - best: `{"method":"best"}`
            - other: `{"controls":true}`

            - Tasks count from 1 in the order of the table: the second is even.
            - Evaluations: a gradient step after the search counts as 3.
            - Spread over seeds: the standard deviation over the seeds (of a population), averaged over the tasks.
            - Spread over draws: the standard deviation (n − 1) of the mean of all tasks over the draws of the examples. Draw 0 has the file's own.
            - Difference: paired by task and draw. Its standard error over tasks asks what other tasks would give: the standard deviation of the tasks' differences (n − 1), divided by √n.
            - The standard error over task draws asks what other examples of these same tasks would give: the root of the sum of each task's variance over its draws (n − 1), divided by its number of draws, and all divided by the number of tasks.

            Below zero-shot:

            - other: b
            - other · random directions: a, b

            """,
            EvaluationMarkdown.Write(table));
    }

    [Fact]
    public async Task The_json_has_the_same_in_full_precision()
    {
        var json = JsonNode.Parse((await RunAsync(Plan("best", """other={"controls":true}"""))).ToJson())!;

        Assert.Equal(("best", 2), ((string?)json["against"], (int)json["example_draws"]!));
        var other = json["methods"]![1]!;
        Assert.Equal(2.75, (double)other["difference"]!["mean"]!);
        Assert.Equal(7.25, (double)other["difference"]!["error_over_tasks"]!, 12); // |10 − (−4.5)| / √2 / √2
        Assert.Equal(Math.Sqrt(25 + 20.25) / 2, (double)other["difference"]!["error_over_draws"]!, 12); // of 15, 5 and of 0, −9
        Assert.Equal(9.5 / Math.Sqrt(2), (double)other["spread_over_draws"]!, 12); // of 37.5 and 28
        Assert.Equal(["b"], other["tasks_below_zero_shot"]!.AsArray().Select(task => (string?)task));
        var cell = json["tasks"]![1]!["methods"]!["other"]!;
        Assert.Equal("""{"0":{"1":10,"2":30},"1":{"1":0,"2":2}}""", cell["accuracy_by_draw"]!.ToJsonString());
        Assert.Equal((10.5, 5.5), ((double)cell["mean"]!, (double)cell["spread_over_seeds"]!));
        Assert.Equal(19 / Math.Sqrt(2), (double)cell["spread_over_draws"]!, 12); // of 20 and 1
    }

    [Fact]
    public async Task A_gradient_step_counts_as_three_evaluations()
    {
        var script = _predictor.Script;
        _predictor.Script = run => script(run) is var answer && run.Input.TestInputs.Count == 6
            ? answer with { Output = answer.Output with { Tuning = new TuningOutcome(10, 0.2, 0.1) } }
            : answer;

        var table = await RunAsync(Plan("best"));

        Assert.Equal(55, table.Methods[0].Evaluations); // 40 + 30 on task a, 40 on task b
    }

    [Fact]
    public async Task A_draw_without_a_result_is_left_out_of_both_sides_of_a_pair()
    {
        var script = _predictor.Script;
        _predictor.Script = run => run.Input is { Composition: Composition.Factors, TestInputs.Count: 7 } && run.Input.ExampleInputs[0] != "q0"
            ? throw new PredictionException("No.")
            : script(run);

        var table = await RunAsync(Plan("best", "lorahub"));

        var other = table.Methods[1];
        Assert.Equal((5, null), (other.Difference!.Mean, other.Difference.ErrorOverDraws)); // of 10 for a and 0 for b
        Assert.Equal(0, other.SpreadOverDraws); // of a alone: 55 and 55
        Assert.Equal([new("b", 1, "lorahub", 1, "No."), new("b", 1, "lorahub", 2, "No.")], table.Failures);
        Assert.Contains("\n- b, draw 1, lorahub, seed 1: failed: No.\n", EvaluationMarkdown.Write(table), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Zero_shot_can_be_what_the_others_are_compared_with()
    {
        _predictor.Script = run => run.Input.Weights is null
            ? throw new PredictionException("No.")
            : run.Answer() is var answer ? answer with { Output = answer.Output with { Accuracy = new AccuracyReport(10, 10) } } : answer;

        var table = await RunAsync(Plan(["zero-shot", """one={"module_weights":{"lorahub/colors":1}}""", "lorahub"], against: "zero-shot"));

        Assert.Equal([0.0, null], table.Methods.Select(method => method.Difference?.Mean));
    }

    [Fact]
    public void Without_best_among_the_methods_nothing_is_compared_unless_asked_for()
    {
        Assert.Null(Plan("lorahub").Against);
        Assert.Equal("best", Plan("lorahub", "best").Against);
        Assert.Equal("lorahub", Plan(["lorahub", "best"], against: "lorahub").Against);
        Assert.Equal(
            "--against: `tuned` is not among the methods of this evaluation: lorahub, best.",
            Assert.Throws<EvaluationException>(() => Plan(["lorahub", "best"], against: "tuned")).Message);
    }

    [Fact]
    public async Task A_result_of_a_version_that_drew_no_examples_counts_as_draw_0()
    {
        var plan = Plan("best");
        await RunAsync(plan);
        var path = Path.Combine(_folder.Path, "out", EvaluationResults.FileName);
        var lines = await File.ReadAllTextAsync(path, TestContext.Current.CancellationToken);
        await File.WriteAllTextAsync(
            path, lines.Replace("\"draw\":0,", "", StringComparison.Ordinal).Replace(",\"controls\":null", "", StringComparison.Ordinal),
            TestContext.Current.CancellationToken);

        using var results = EvaluationResults.Open(Path.Combine(_folder.Path, "out"));

        Assert.Empty(plan.Left(Setting, results));
        Assert.Equal(8, plan.Predictions.Select(planned => planned.Key(Setting)).Distinct().Count());
    }

    static EvaluationSetting Setting
    {
        get
        {
            var setting = EvaluationSetting.Of(Catalog, new InferenceOptions());
            return setting with { Conditions = setting.Conditions with { Machine = "A machine", Program = "1.2.3" } };
        }
    }

    /// <param name="a">By draw, then by seed.</param>
    /// <param name="b">The same.</param>
    static Dictionary<(string Task, int Draw, long Seed), double> Accuracies(double[] a, double[] b) =>
        a.Select((value, i) => ("a", value, i)).Concat(b.Select((value, i) => ("b", value, i)))
            .ToDictionary(one => (one.Item1, one.i / 2, (one.i % 2) + 1L), one => one.value);

    static ControlReport Controls(double random) => new()
    {
        ZeroShot = new ControlResult(1, 10),
        BestSingle = new SingleControl("lorahub/colors", 1, Accuracy: null),
        UniformMean = new ControlResult(1, null),
        RandomDirections = new ControlResult(1, random),
    };

    static EvaluationPlan Plan(params string[] methods) => Plan(methods, against: null);

    static EvaluationPlan Plan(string[] methods, string? against) => EvaluationPlan.Create(
        [A, A.Redraw(1), B, B.Redraw(1)], [.. methods.Select(EvaluationMethod.Read)], [1, 2], [], draws: null, Catalog, against);

    async Task<EvaluationTable> RunAsync(EvaluationPlan plan)
    {
        using var results = EvaluationResults.Open(Path.Combine(_folder.Path, "out"));
        var run = new EvaluationRun(_predictor, Catalog, Path.Combine(_folder.Path, "data"), Setting, results, _time);
        await run.RunAsync(plan.Left(Setting, results), _ => { }, _ => { }, TestContext.Current.CancellationToken);
        return EvaluationTable.Of(plan, Setting, results, _time.GetUtcNow());
    }
}
