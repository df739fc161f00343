using System.Text.Json;

using LoraHub.Inference.Adaptation;
using LoraHub.Inference.Lora;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>The fast mode on the shipped bundle: the effect of bf16 on the search objective.</summary>
public sealed class Bf16Tests(MiniModel mini) : IClassFixture<MiniModel>
{
    // The 52 compositions of the golden scores, a quarter of them at extreme weights.
    [Fact]
    public void Losses_are_within_one_percent_on_average_and_well_separated_candidates_keep_their_order()
    {
        const double WellSeparated = 0.1; // of the larger loss

        using var scope = NewDisposeScope();
        var golden = JsonDocument.Parse(File.ReadAllText(Golden.Path("bundle/scores.json"))).RootElement;
        var exact = Losses(golden, ScalarType.Float32);
        var fast = Losses(golden, ScalarType.BFloat16);
        var tasks = golden.GetProperty("cases").EnumerateArray().Select(one => one.GetProperty("task").GetString()).ToArray();
        var pairs = (
            from a in Enumerable.Range(0, exact.Length)
            from b in Enumerable.Range(0, exact.Length)
            where tasks[a] == tasks[b] && exact[a] < exact[b] * (1 - WellSeparated)
            select (a, b)).ToArray();

        Assert.InRange(exact.Zip(fast, (loss, rounded) => Math.Abs(rounded - loss) / loss).Average(), 0, 0.01);
        Assert.True(pairs.Length > 200, $"{pairs.Length} pairs");
        Assert.All(pairs, pair => Assert.True(fast[pair.a] < fast[pair.b], $"cases {pair.a} and {pair.b}"));
    }

    double[] Losses(JsonElement golden, ScalarType type)
    {
        using var model = TestModels.Mini(type);
        using var modules = new ModuleList(golden.GetProperty("modules").Deserialize<string[]>()!, name => TestModels.MiniModule(name, model));
        using var composition = new FactorsComposition(modules.Items, model.ComputeType);
        return [.. golden.GetProperty("cases").EnumerateArray().Select(one =>
        {
            using var scope = NewDisposeScope();
            var lines = TaskFile.Read(one.GetProperty("task").GetString()!);
            using var examples = new FewShotExamples(model, mini.Tokenize(lines.Inputs.Take(TaskFile.Examples)),
                mini.Tokenize(lines.Targets.Take(TaskFile.Examples)));
            return examples.MeanTokenLosses(composition.Compose([one.GetProperty("weights").Deserialize<double[]>()!]))[0];
        })];
    }
}
