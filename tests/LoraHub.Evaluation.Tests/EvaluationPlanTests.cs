using System.Text.Json.Nodes;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference;
using LoraHub.TestHost;

namespace LoraHub.Evaluation.Tests;

public sealed class EvaluationPlanTests : IDisposable
{
    static readonly ScriptedLibrary Catalog = ScriptedLibrary.Create();

    readonly TaskFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void The_plan_combines_every_task_method_and_seed_and_runs_zero_shot_once()
    {
        var plan = Plan(["zero-shot", "lorahub", """delta={"composition":"delta"}"""],
            [TaskFolder.Task("a", 1), TaskFolder.Task("b", 2)], seeds: [7, 9]);

        Assert.Equal(
            ["a zero-shot ", "a lorahub 7", "a lorahub 9", "a delta 7", "a delta 9", "b zero-shot ", "b lorahub 7", "b lorahub 9",
                "b delta 7", "b delta 9"],
            plan.Predictions.Select(one => $"{one.Task.Name} {one.Method.Name} {one.Seed}"));
    }

    [Fact]
    public void A_request_holds_the_tasks_texts_the_seed_and_the_methods_inputs()
    {
        var request = Plan(["""delta={"composition":"delta","max_inference_step":15}"""], seeds: [7],
            common: new() { ["max_inference_step"] = 20, ["max_new_tokens"] = 16 }).Predictions[0].Request();

        var (input, errors) = InputParser.Parse(request);
        Assert.Empty(errors);
        Assert.Equal(["q0", "q1", "q2", "q3", "q4"], input!.ExampleInputs);
        Assert.Equal(["a0", "a1", "a2", "a3", "a4"], input.ExampleOutputs);
        Assert.Equal(["q5", "q6"], input.TestInputs);
        Assert.Equal(["a5", "a6"], input.TestOutputs!);
        // the method's own budget wins
        Assert.Equal((7, Composition.Delta, 15, 16), (input.Seed, input.Composition, input.Budget, input.MaxNewTokens));
    }

    [Fact]
    public void A_preset_is_an_input_and_zero_shot_a_module_of_no_weight()
    {
        var plan = Plan(["lorahub", "zero-shot"], common: new() { ["max_new_tokens"] = 16, ["max_inference_step"] = 20 });

        Assert.Equal("""{"max_inference_step":20,"max_new_tokens":16,"method":"lorahub"}""", plan.Predictions[0].Inputs.ToJsonString());
        Assert.Equal("""{"max_new_tokens":16,"module_weights":{"lorahub/colors":0}}""", plan.Predictions[1].Inputs.ToJsonString());
    }

    [Fact]
    public void Draws_give_their_modules_to_methods_that_draw_at_random_and_to_no_other()
    {
        var file = _folder.Write("draws.json",
            """{"note": "made up", "lorahub": {"1": ["colors", "lorahub/plurals"], "2": ["task-01", "task-02"]}}""");
        var draws = ModuleDraws.Read(file, Catalog.List());

        var plan = Plan(
            ["lorahub", """delta={"composition":"delta"}""", """own={"lora_modules_specified":"lorahub/task-03"}""",
                """fixed={"module_weights":{"lorahub/task-04":0.5}}"""],
            seeds: [.. draws.Seeds], draws: draws);

        Assert.Equal(
            [
                "lorahub/colors,lorahub/plurals", "lorahub/task-01,lorahub/task-02", "lorahub/colors,lorahub/plurals",
                "lorahub/task-01,lorahub/task-02",
                "lorahub/task-03", "lorahub/task-03", null, null,
            ],
            plan.Predictions.Select(one => (string?)one.Inputs["lora_modules_specified"]));
        Assert.Equal(file, plan.Draws);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("nothing")]
    [InlineData("""{"one": ["lorahub/colors"]}""")]
    [InlineData("""{"1": []}""")]
    [InlineData("""{"1": "lorahub/colors"}""")]
    [InlineData("""{"a": {"1": ["lorahub/colors"]}, "b": {"1": ["lorahub/colors"]}}""")]
    public void A_file_without_draws_is_refused(string content)
    {
        var file = _folder.Write("draws.json", content);

        Assert.StartsWith($"--draws: `{file}` is not a JSON object that gives each seed its modules",
            Refusal(() => ModuleDraws.Read(file, Catalog.List())), StringComparison.Ordinal);
    }

    [Fact]
    public void A_missing_module_or_seed_in_the_draws_is_named()
    {
        var file = _folder.Write("draws.json", """{"1": ["colours"]}""");
        Assert.Equal($"--draws: `{file}` names the module `colours`, which is not here.", Refusal(() => ModuleDraws.Read(file, Catalog.List())));

        var draws = ModuleDraws.Read(_folder.Write("draws.json", """{"1": ["colors"], "2": ["plurals"]}"""), Catalog.List());
        Assert.Equal($"--draws: `{file}` has no seed 3; its seeds are 1, 2.", Refusal(() => Plan(["lorahub"], seeds: [3], draws: draws)));
    }

    [Theory]
    [InlineData("bestest", "`bestest` is not a method. The methods are: lorahub")]
    [InlineData("delta=soon", "method `delta`: `soon` is not a JSON object such as")]
    [InlineData("delta=[1]", "method `delta`: `[1]` is not a JSON object such as")]
    [InlineData("""delta={"composition":"deltas"}""", "method `delta`: composition: \"deltas\" is not one of factors, delta")]
    [InlineData("""delta={"compositions":"delta"}""", "method `delta`: `compositions` is not an input. The inputs are: lora_modules_specified, ")]
    [InlineData("""delta={"seed":1}""", "method `delta`: `seed` comes from --seed; leave it out.")]
    [InlineData("""delta={"test_inputs":"a"}""", "method `delta`: `test_inputs` comes from the tasks; leave it out.")]
    [InlineData("""many={"num_random_lora_modules":50}""",
        "method `many`: num_random_lora_modules: The base model `")]
    [InlineData("""broken={"lora_modules_specified":"lorahub/broken"}""", "method `broken`: lora_modules_specified: `lorahub/broken` cannot be used")]
    [InlineData("""lorahub={"composition":"delta"}""", "`lorahub` is a predefined method; use another name.")]
    [InlineData("""zero-shot={}""", "`zero-shot` is a predefined method")]
    [InlineData("""a|b={}""", "`a|b` cannot name a method")]
    public void An_invalid_method_is_named(string method, string message) =>
        Assert.StartsWith(message, Refusal(() => Plan([method])), StringComparison.Ordinal);

    [Fact]
    public void A_method_is_given_once() =>
        Assert.Equal("The method `lorahub` is given twice; give each once.", Refusal(() => Plan(["lorahub", "lorahub"])));

    [Fact]
    public void Every_input_that_affects_a_result_is_part_of_the_key()
    {
        var setting = EvaluationSetting.Of(Catalog, new InferenceOptions());
        PlannedPrediction[] different =
        [
            .. Plan(["lorahub", """delta={"composition":"delta"}""", "zero-shot"], seeds: [1, 2]).Predictions,
            .. Plan(["lorahub"], [TaskFolder.Task("a", 3)]).Predictions,
            .. Plan(["lorahub"], [TaskFolder.Task("b", 2)]).Predictions,
        ];

        Assert.Equal(different.Length, different.Select(one => one.Key(setting)).Distinct().Count());
        var other = setting with { Conditions = setting.Conditions with { BaseDigest = new('6', 64) } };
        Assert.NotEqual(different[0].Key(setting), different[0].Key(other));
        Assert.Equal(
            Plan(["""x={"max_inference_step":15,"composition":"delta"}"""]).Predictions[0].Key(setting),
            Plan(["""y={"composition":"delta","max_inference_step":1.50e1}"""]).Predictions[0].Key(setting));
    }

    static EvaluationPlan Plan(string[] methods, EvaluationTask[]? tasks = null, long[]? seeds = null, JsonObject? common = null,
        ModuleDraws? draws = null) =>
        EvaluationPlan.Create(tasks ?? [TaskFolder.Task("a", 2)], [.. methods.Select(EvaluationMethod.Read)], seeds ?? [1],
            common ?? [], draws, Catalog);

    static string Refusal(Action act) => Assert.Throws<EvaluationException>(act).Message;
}
