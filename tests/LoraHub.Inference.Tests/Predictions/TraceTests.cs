using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;

using LoraHub.Core.Predictions;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>The trace of a search, and its curve in the model card.</summary>
public sealed partial class TraceTests(PredictorFixture predictions) : IClassFixture<PredictorFixture>
{
    const string Task = """
        "example_inputs": "zorp [ teacher ]\nzorp [ nurse ]\nzorp [ life ]", "example_outputs": "teachers\nnurses\nlives",
        "lora_modules_specified": "lorahub/t5_mini-plurals, lorahub/t5_mini-antonyms", "seed": 42
        """;

    [Theory]
    [InlineData("factors", "reference")]
    [InlineData("delta", "token_loss")]
    public void The_steps_match_the_log_and_the_best_is_the_result(string composition, string objective)
    {
        var answer = predictions.Predict(
            $$"""{ {{Task}}, "max_inference_step": 12, "composition": "{{composition}}", "objective": "{{objective}}" }""");

        var trace = Read(answer);
        var (steps, loss) = (trace.Steps, answer.Output.Loss!);
        Assert.Equal(("lorahub/t5-mini", 42, 12, composition, objective, "cobyla"),
            (trace.BaseModel, trace.Seed, trace.Budget, trace.Composition, trace.Objective, trace.Optimizer));
        Assert.Equal(["lorahub/t5_mini-plurals", "lorahub/t5_mini-antonyms"], trace.Modules.Select(module => module.Id));
        Assert.Equal(loss.Evaluations, steps.Count);
        Assert.Equal(Enumerable.Range(0, 12), steps.Select(step => step.Index));
        Assert.All(steps, step => Assert.Equal((TraceKinds.Search, 2), (step.Kind, step.Weights.Count)));
        Assert.Equal(Enumerable.Order(steps.Select(step => step.Seconds)), steps.Select(step => step.Seconds));
        Assert.Equal(
            answer.Log.Select(line => ProgressLoss().Match(line)).Where(match => match.Success).Select(match => match.Groups["loss"].Value),
            steps.Select(step => step.Loss!.Value.ToString("0.0000", CultureInfo.InvariantCulture)));

        Assert.Equal([0, 0], steps[0].Weights);
        Assert.Equal(loss.ZeroShot, steps[0].Loss);
        Assert.Equal(loss.Adapted, steps.Min(step => step.Loss));
        var weights = answer.Output.Weights.ToDictionary(weight => weight.Module, weight => weight.Weight);
        Assert.Contains(steps, step => step.Loss == loss.Adapted && step.Weights.SequenceEqual(trace.Modules.Select(module => weights[module.Id])));
        Assert.All(trace.Modules, module => Assert.Contains($"| {module.Id} | 8 | {module.Digest} |", Card(answer), StringComparison.Ordinal));
    }

    [Fact]
    public void The_card_shows_every_loss_and_its_limitations()
    {
        var answer = predictions.Predict($$"""{ {{Task}}, "max_inference_step": 12 }""");

        var curve = Curve(answer);
        var trace = Read(answer);
        Assert.Equal(trace.Steps.Select(step => (step.Index, step.Loss!.Value)), curve.Select(row => (row.Index, row.Loss)));
        Assert.Equal(trace.Steps.Select(step => trace.Steps.Take(step.Index + 1).Min(before => before.Loss!.Value)), curve.Select(row => row.Best));
        Assert.Contains("arXiv 2602.12323", Card(answer), StringComparison.Ordinal);
    }

    [Fact]
    public void The_card_of_a_long_search_shows_only_improvements_and_the_last_step()
    {
        var answer = predictions.Predict($$"""{ {{Task}} }""", input => input with { Budget = 120 });

        var (trace, curve) = (Read(answer), Curve(answer));
        Assert.Equal(120, trace.Steps.Count);
        Assert.Contains("Of 120 evaluations, the table lists the improvements and the last one.", Card(answer), StringComparison.Ordinal);
        Assert.Equal(119, curve[^1].Index);
        Assert.Equal(trace.Steps.Where(step => trace.Steps.Take(step.Index).All(before => before.Loss > step.Loss)).Select(step => step.Index),
            curve.SkipLast(1).Select(row => row.Index));
        Assert.Equal(answer.Output.Loss!.Adapted, curve[^1].Best);
    }

    [Fact]
    public void Times_are_in_the_trace_but_not_in_the_adapter()
    {
        var (first, again) = (predictions.Predict($$"""{ {{Task}} }"""), predictions.Predict($$"""{ {{Task}} }"""));

        Assert.Equal(File.ReadAllBytes(first.Result.AdapterFile), File.ReadAllBytes(again.Result.AdapterFile));
        Assert.NotEqual(File.ReadAllBytes(first.Result.TraceFile!), File.ReadAllBytes(again.Result.TraceFile!));
        Assert.Equal(Timeless(first), Timeless(again));

        static IEnumerable<(int, double?, string)> Timeless(Answer answer) =>
            Read(answer).Steps.Select(step => (step.Index, step.Loss, string.Join(' ', step.Weights)));
    }

    [Theory]
    [InlineData("")]
    [InlineData("\"example_inputs\": \"zorp [ nurse ]\", \"example_outputs\": \"nurses\",")]
    public void Without_a_search_there_is_neither_a_trace_nor_a_curve(string examples)
    {
        var answer = predictions.Predict($$"""{ {{examples}} "module_weights": {"lorahub/t5_mini-plurals": 1} }""");

        Assert.Null(answer.Result.TraceFile);
        Assert.DoesNotContain("## Search", Card(answer), StringComparison.Ordinal);
        Assert.Equal(["adapter.zip"], Directory.EnumerateFiles(Path.GetDirectoryName(answer.Result.AdapterFile)!).Select(Path.GetFileName));
    }

    static SearchTrace Read(Answer answer) => JsonSerializer.Deserialize<SearchTrace>(File.ReadAllText(answer.Result.TraceFile!))!;

    static string Card(Answer answer)
    {
        using var zip = System.IO.Compression.ZipFile.OpenRead(answer.Result.AdapterFile);
        using var reader = new StreamReader(zip.GetEntry("README.md")!.Open());
        return reader.ReadToEnd();
    }

    static IReadOnlyList<(int Index, double Loss, double Best)> Curve(Answer answer)
    {
        var section = Card(answer).Split("## Search", 2)[1].Split("## Use", 2)[0];
        return [.. CurveRow().Matches(section).Select(row => (int.Parse(row.Groups["index"].Value, CultureInfo.InvariantCulture),
            Number(row.Groups["loss"]), Number(row.Groups["best"])))];

        static double Number(Group group) => double.Parse(group.Value, CultureInfo.InvariantCulture);
    }

    [GeneratedRegex(@"^\s*\d+%\|.*\[.*, loss (?<loss>-?\d+\.\d+), best", RegexOptions.ExplicitCapture, matchTimeoutMilliseconds: 1000)]
    private static partial Regex ProgressLoss();

    [GeneratedRegex(@"^\| (?<index>\d+) \| (?<loss>\S+) \| (?<best>\S+) \|$", RegexOptions.ExplicitCapture | RegexOptions.Multiline,
        matchTimeoutMilliseconds: 1000)]
    private static partial Regex CurveRow();
}
