using System.Globalization;
using System.Text.RegularExpressions;
using LoraHub.Modules.Ranking;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>The method <c>best</c> and the ways to choose modules, on the shipped bundle.</summary>
public sealed partial class MethodTests(PredictorFixture predictions, ITestOutputHelper output) : IClassFixture<PredictorFixture>
{
    const string Best = "\"method\": \"best\", \"seed\": 1";

    const string Eight = "\"lora_modules_specified\": \"lorahub/t5_mini-plurals, lorahub/t5_mini-antonyms, lorahub/t5_mini-quotes, "
        + "lorahub/t5_mini-twice, lorahub/t5_mini-past_tense, lorahub/t5_mini-french, lorahub/t5_mini-brackets, lorahub/t5_mini-colors\"";

    [Theory]
    [InlineData("plural_nonce", 40)]
    [InlineData("past_in_brackets", 40)]
    [InlineData("past_in_brackets", 10)]
    public void Best_stays_within_the_budget_and_is_never_worse_than_nothing_or_the_best_single_module(string task, int budget)
    {
        var answer = predictions.Predict(TaskRequest.Of(task, $$"""{{Best}}, "controls": true, "max_inference_step": {{budget}}"""));

        var (loss, trace) = (answer.Output.Loss!, TaskRequest.Trace(answer));
        output.WriteLine($"{loss}; best single {answer.Output.Controls!.BestSingle.Loss}; {trace.Screens!.Count} screens, {trace.Steps.Count} steps");
        Assert.InRange(loss.Evaluations, 1, budget);
        Assert.True(loss.Adapted <= loss.ZeroShot);
        Assert.True(loss.Adapted <= answer.Output.Controls.BestSingle.Loss);
        Assert.Equal(("delta", "probe_cobyla_wide"), (trace.Composition, trace.Optimizer));
        Assert.Equal(6, trace.Modules.Count);
        Assert.Equal(trace.Modules.Select(module => module.Id).Order(StringComparer.Ordinal),
            answer.Output.Weights.Select(weight => weight.Module).Order(StringComparer.Ordinal));

        // A trial of successive halving costs a fifth of an evaluation.
        Assert.Equal(loss.Evaluations, trace.Steps.Count + ((trace.Screens.Count + TaskFile.Examples - 1) / TaskFile.Examples));
        Assert.All(trace.Screens, screen => Assert.InRange(screen.Part, 0, TaskFile.Examples - 1));
        Assert.Equal(trace.Screens.Select(screen => screen.Part).Order(), trace.Screens.Select(screen => screen.Part));
    }

    [Fact]
    public void The_counts_in_the_log_continue_from_halving_to_the_last_evaluation()
    {
        var answer = predictions.Predict(TaskRequest.Of("plural_nonce", Best));

        var (steps, evaluations) = (TaskRequest.Trace(answer).Steps.Count, answer.Output.Loss!.Evaluations);
        var lines = answer.Log.Select(line => ReplicateProgress().Match(line)).Where(match => match.Success).ToArray();
        Assert.Equal(Enumerable.Range(evaluations - steps + 1, steps), lines.Select(line => Number(line, "count")));
        Assert.All(lines, line => Assert.Equal((40, Number(line, "count") * 100 / 40), (Number(line, "total"), Number(line, "percent"))));
        Assert.Contains(answer.Log,
            line => line.StartsWith($"Tried 32 modules at the cost of {evaluations - steps} evaluations; kept lorahub/t5_mini-",
                StringComparison.Ordinal));

        static int Number(Match line, string group) => int.Parse(line.Groups[group].Value, CultureInfo.InvariantCulture);
    }

    [Theory]
    [InlineData("plural_nonce")]
    [InlineData("past_in_brackets")]
    public void The_same_request_gives_the_same_bytes_regardless_of_earlier_probes(string task)
    {
        var request = TaskRequest.Of(task, Best);
        using var fresh = new PredictorFixture();
        using var warmed = new PredictorFixture();
        var first = fresh.Predict(request);
        var again = fresh.Predict(request);
        warmed.Predict(TaskRequest.Of(task, $"{Best}, \"lora_modules_specified\": \"lorahub/t5_mini-plurals\"")); // alone in its pass
        warmed.Predict(TaskRequest.Of(task, $"{Best}, {Eight}"));
        warmed.Predict(TaskRequest.Of(task, """ "module_selection": "all", "optimizer": "probe_cobyla", "seed": 3, "max_inference_step": 30 """));
        var afterOthers = warmed.Predict(request);

        output.WriteLine($"first {first.Output.Loss}, after others {afterOthers.Output.Loss}");
        Assert.Equal(File.ReadAllBytes(first.Result.AdapterFile), File.ReadAllBytes(again.Result.AdapterFile));
        Assert.Equal(first.Output.Weights, afterOthers.Output.Weights);
        Assert.Equal(File.ReadAllBytes(first.Result.AdapterFile), File.ReadAllBytes(afterOthers.Result.AdapterFile));
    }

    [Fact]
    public void Similar_selects_the_requested_number_of_best_matching_modules()
    {
        var answer = predictions.Predict(TaskRequest.Of("plural_nonce",
            """ "module_selection": "similar", "num_random_lora_modules": 3, "composition": "delta", "max_inference_step": 10, "seed": 1 """));

        var task = TaskFile.Read("plural_nonce");
        var ranked = ModuleRanking.Rank([.. task.Inputs.Take(5)], [.. task.Targets.Take(5)],
            [.. TestModels.Catalog().List().Where(module => module.Problem is null)]);
        var trace = TaskRequest.Trace(answer);
        Assert.Equal(ranked.Take(3).Select(one => one.Module.Id), trace.Modules.Select(module => module.Id));
        Assert.Null(trace.Screens);
        Assert.Equal("cobyla", trace.Optimizer);
        Assert.True(answer.Output.Loss!.Adapted <= answer.Output.Loss.ZeroShot);
    }

    [Theory]
    [InlineData("factors", 29)]
    [InlineData("delta", 32)]
    public void All_selects_every_module_that_can_be_composed(string composition, int count)
    {
        var answer = predictions.Predict(TaskRequest.Of("plural_nonce",
            $$""" "module_selection": "all", "composition": "{{composition}}", "max_inference_step": 10, "seed": 1 """));

        Assert.Equal(count, answer.Output.Weights.Count);
        Assert.Null(TaskRequest.Trace(answer).Screens);
        Assert.Equal(10, answer.Output.Loss!.Evaluations);
    }

    [Fact]
    public void Probing_with_cobyla_under_factors_keeps_modules_of_one_layout()
    {
        var answer = predictions.Predict(TaskRequest.Of("plural_nonce", """ "module_selection": "probe", "seed": 1 """));

        var trace = TaskRequest.Trace(answer);
        var layouts = TestModels.Catalog().List().ToDictionary(module => module.Id, module => module.Layout);
        Assert.Equal(("factors", "cobyla", 6), (trace.Composition, trace.Optimizer, trace.Modules.Count));
        Assert.Single(trace.Screens!.SelectMany(screen => screen.Modules).Select(id => layouts[id]).Distinct());
        Assert.Contains("lorahub/t5_mini-plurals", trace.Modules.Select(module => module.Id));
        Assert.True(answer.Output.Loss!.Adapted < answer.Output.Loss.ZeroShot);
        Assert.InRange(answer.Output.Loss.Evaluations, 1, 40);
    }

    [Theory]
    [InlineData("all", 8)]
    [InlineData("similar", 8)]
    [InlineData("probe", 6)]
    public void Modules_that_are_named_are_the_only_candidates(string selection, int kept)
    {
        var answer = predictions.Predict(TaskRequest.Of("past_in_brackets", $$"""{{Eight}}, "module_selection": "{{selection}}", "seed": 1 """));

        var trace = TaskRequest.Trace(answer);
        Assert.Equal(kept, trace.Modules.Count);
        Assert.All(trace.Modules, module => Assert.Contains(module.Id, Eight, StringComparison.Ordinal));
        Assert.Equal(selection == "probe" ? 8 : 0,
            trace.Screens?.Where(screen => screen.Part == 0).SelectMany(screen => screen.Modules).Distinct().Count() ?? 0);
        Assert.InRange(answer.Output.Loss!.Evaluations, 1, 40);
    }

    // The expression with which the npm and Python clients read progress.
    [GeneratedRegex(@"^\s*(?<percent>\d+)%\s*\|.+?\|\s*(?<count>\d+)\/(?<total>\d+)", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ReplicateProgress();
}
