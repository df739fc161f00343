using System.Text.Json;

using LoraHub.Inference.Tests.Predictions;
using LoraHub.Inference.Tokenization;
using LoraHub.Plain;

using TorchSharp;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.T5;

/// <summary>Compares the plain implementation with the reference (tests/golden/README.md), so that it is a valid baseline for other tests.</summary>
public sealed class PlainT5Tests
{
    const double LogitTolerance = 2e-5;
    const double LossTolerance = 5e-6;

    [Theory]
    [MemberData(nameof(T5GoldenTests.Batches), MemberType = typeof(T5GoldenTests))]
    public void Logits_and_losses_are_those_of_the_reference(string name, string batch)
    {
        using var scope = NewDisposeScope();
        using var golden = GoldenTensors.Open($"t5/{name}.{batch}.safetensors");
        var (ids, mask, labels) = (golden.Read("input_ids"), golden.Read("attention_mask"), golden.Read("labels"));
        using var model = PlainT5.Load(Golden.Path($"t5/{name}"), ScalarType.Float32);
        using var exact = PlainT5.Load(Golden.Path($"t5/{name}"), ScalarType.Float64);
        var expected = JsonDocument.Parse(File.ReadAllText(Golden.Path($"t5/{name}.expected.json"))).RootElement.GetProperty(batch);

        var rows = model.TokenLosses(ids, mask, labels, null).to(ScalarType.Float64).sum(1).div(labels.ne(-100).sum(1)).data<double>();

        GoldenTensors.AssertClose(golden.Read("logits"), model.Logits(ids, mask, labels, null), LogitTolerance, "logits");
        GoldenTensors.AssertClose(expected.GetProperty("loss").GetDouble(), model.Loss(ids, mask, labels, null), LossTolerance, "loss");
        GoldenTensors.AssertClose(expected.GetProperty("loss_float64").GetDouble(), exact.Loss(ids, mask, labels, null),
            Golden.Tolerance(1e-9, 5e-7), "loss in double");
        Assert.All(
            expected.GetProperty("example_loss").EnumerateArray().Select(value => value.GetDouble()).Zip(rows),
            pair => GoldenTensors.AssertClose(pair.First, pair.Second, LossTolerance, "example_loss"));
    }

    [Theory]
    [InlineData("tiny-v1_1")]
    [InlineData("tiny-v1_0")]
    public void Greedy_generation_gives_the_ids_of_the_reference(string name)
    {
        using var scope = NewDisposeScope();
        using var model = PlainT5.Load(Golden.Path($"t5/{name}"), ScalarType.Float32);
        var cases = JsonDocument.Parse(File.ReadAllText(Golden.Path($"t5/{name}.generate.json"))).RootElement.EnumerateArray().ToArray();

        foreach (var golden in cases)
        {
            var rows = golden.GetProperty("input_ids").Deserialize<long[][]>()!;
            var ids = tensor(rows.SelectMany(row => row).ToArray(), [rows.Length, rows[0].Length]);

            var generated = model.Generate(ids, golden.GetProperty("max_new_tokens").GetInt32(), null);

            Assert.Equal(golden.GetProperty("ids").Deserialize<long[][]>()!, generated.Select(row => row.Prepend(0).ToArray()));
        }

        Assert.Equal(3, cases.Length);
    }

    [Fact]
    public void Composed_factors_are_bit_for_bit_those_of_the_reference()
    {
        using var scope = NewDisposeScope();
        var golden = JsonDocument.Parse(File.ReadAllText(Golden.Path("lora/factors.json"))).RootElement;
        using var tensors = GoldenTensors.Open("lora/factors.safetensors");
        using var model = PlainT5.Load(Golden.Path("t5/tiny-v1_1"), ScalarType.Float32);
        using var modules = PlainModules.Load([.. Names(golden).Select(name => Golden.Path($"lora/{name}"))], ScalarType.Float32);
        var cases = golden.GetProperty("cases").EnumerateArray().ToArray();

        for (var i = 0; i < cases.Length; i++)
        {
            var lora = modules.Compose(cases[i].GetProperty("weights").Deserialize<double[]>()!);
            foreach (var (layer, update) in lora.Layers)
            {
                Assert.True(tensors.Read($"{i}.base_model.model.{layer}.lora_A.weight").Equals(update.A), $"{i} {layer} A");
                Assert.True(tensors.Read($"{i}.base_model.model.{layer}.lora_B.weight").Equals(update.B), $"{i} {layer} B");
            }

            var loss = model.Loss(tensors.Read("input_ids"), tensors.Read("attention_mask"), tensors.Read("labels"), lora);
            GoldenTensors.AssertClose(cases[i].GetProperty("loss").GetDouble(), loss, 1e-5, $"{i} loss");
        }

        Assert.Equal(10, cases.Length);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void Scores_of_the_bundle_are_those_of_the_reference(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var golden = JsonDocument.Parse(File.ReadAllText(Golden.Path("bundle/scores.json"))).RootElement;
        using var model = PlainT5.Load(Golden.Model("lorahub/t5-mini"), type);
        using var modules = PlainModules.Load([.. Names(golden).Select(name => Golden.Model($"lorahub/{name}"))], type);
        var tokenizer = T5Tokenizer.Load(Golden.Model("lorahub/t5-mini"));
        var cases = golden.GetProperty("cases").EnumerateArray().ToArray();

        foreach (var expected in cases)
        {
            var weights = expected.GetProperty("weights").Deserialize<double[]>()!;
            var (key, tolerance) = type == ScalarType.Float64 ? ("score_float64_model", Golden.Tolerance(1e-6, 5e-6))
                : ("score_batch_none", weights.Max(Math.Abs) <= 1 ? 2e-5 : 1e-4);

            GoldenTensors.AssertClose(expected.GetProperty(key).GetDouble(),
                Score(expected.GetProperty("task").GetString()!, weights), tolerance, key);
        }

        Assert.Equal(52, cases.Length);

        double Score(string task, double[] weights)
        {
            using var one = NewDisposeScope();
            var lines = TaskFile.Read(task);
            var inputs = Tokenize(lines.Inputs);
            var labels = PaddedRows.Ids(Tokenize(lines.Targets), -100); // (5, T)
            var loss = model.Loss(PaddedRows.Ids(inputs, 0), PaddedRows.Mask(inputs), labels, modules.Compose(weights));
            return (loss / TaskFile.Examples) + (0.05 * weights.Sum(Math.Abs) / weights.Length);
        }

        int[][] Tokenize(IEnumerable<string> texts) => [.. texts.Take(TaskFile.Examples).Select(text => tokenizer.Encode(text).Ids)];
    }

    [Fact]
    public void A_forward_pass_leaves_no_tensors_behind()
    {
        using var outer = NewDisposeScope();
        using var model = PlainT5.Load(Golden.Path("t5/tiny-v1_1"), ScalarType.Float32);
        using var modules = PlainModules.Load([Golden.Path("lora/uniform-0"), Golden.Path("lora/uniform-1")], ScalarType.Float32);
        using var golden = GoldenTensors.Open("t5/tiny-v1_1.mixed.safetensors");
        var (ids, mask, labels) = (golden.Read("input_ids"), golden.Read("attention_mask"), golden.Read("labels"));
        var before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;

        using (NewDisposeScope())
        {
            var lora = modules.Compose([0.5, -0.25]);
            model.TokenLosses(ids, mask, labels, lora);
            model.Generate(ids, 5, lora);
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    static string[] Names(JsonElement golden) => golden.GetProperty("modules").Deserialize<string[]>()!;
}
