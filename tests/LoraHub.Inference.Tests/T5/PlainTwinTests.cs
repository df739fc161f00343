using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;
using LoraHub.Plain;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.T5;

/// <summary>
/// Compares our model with the plain implementation (bench/LoraHub.Bench/Plain), which computes as transformers and PEFT do, on random rows.
/// </summary>
public sealed class PlainTwinTests
{
    const int Cases = 12;

    // Losses of random rows under modules at weights of up to 1: what fp32 moves them by, see tests/golden/README.md, "lora/".
    const double Tolerance = 1e-4;

    static readonly string[] Names = ["mixed-r8", "mixed-ff", "uniform-0"]; // together on q, k, v, o, wi_0, wi_1 and wo

    [Theory]
    [InlineData("tiny-v1_1", 1, 4)] // answers so short that the decoder's attention to the question is absorbed
    [InlineData("tiny-v1_1", 30, 60)] // so long that keys and values are projected
    [InlineData("tiny-v1_0", 1, 12)]
    public void Token_losses_equal_those_of_the_plain_implementation(string name, int shortest, int longest)
    {
        using var model = TestModels.Tiny(name, ScalarType.Float32);
        using var plain = PlainT5.Load(Golden.Path($"t5/{name}"), ScalarType.Float32);
        for (var seed = 0; seed < Cases; seed++)
        {
            using var scope = NewDisposeScope();
            var (questions, labels) = Rows(seed, shortest, longest);
            using var inputs = TokenRows.Of(questions, CPU);
            using var answers = new TeacherForcing(model, labels);

            // (B, T)
            var expected = plain.TokenLosses(PaddedRows.Ids(questions, 0), PaddedRows.Mask(questions),
                PaddedRows.Ids(labels, TeacherForcing.Ignored), null);
            var actual = answers.TokenLosses(model, inputs, null, cancellationToken: TestContext.Current.CancellationToken); // (n)

            GoldenTensors.AssertClose(cat([.. labels.Select((row, b) => expected[b].narrow(0, 0, row.Length))], 0), actual,
                Tolerance, $"seed {seed}");
        }
    }

    [Theory]
    [InlineData(1, 4)]
    [InlineData(30, 60)]
    public void Token_losses_with_an_adapter_on_every_kind_of_layer_equal_the_plain_ones(int shortest, int longest)
    {
        using var model = TestModels.Tiny("tiny-v1_1", ScalarType.Float32);
        using var plain = PlainT5.Load(Golden.Path("t5/tiny-v1_1"), ScalarType.Float32);
        foreach (var name in Names)
        {
            using var scope = NewDisposeScope();
            using var modules = new ModuleList([name], one => TestModels.TinyModule(one, model));
            using var plainModules = PlainModules.Load([Golden.Path($"lora/{name}")], ScalarType.Float32);
            using var composition = new FactorsComposition(modules.Items, ScalarType.Float32);
            var (questions, labels) = Rows(7, shortest, longest);
            using var inputs = TokenRows.Of(questions, CPU);
            using var answers = new TeacherForcing(model, labels);

            var expected = plain.TokenLosses(
                PaddedRows.Ids(questions, 0), PaddedRows.Mask(questions), PaddedRows.Ids(labels, TeacherForcing.Ignored),
                plainModules.Compose([0.75]));
            var actual = answers.TokenLosses(model, inputs, composition.Compose([[0.75]]), cancellationToken: TestContext.Current.CancellationToken);

            GoldenTensors.AssertClose(cat([.. labels.Select((row, b) => expected[b].narrow(0, 0, row.Length))], 0), actual, Tolerance, name);
        }
    }

    [Theory]
    [InlineData(true, 1, 4)]
    [InlineData(true, 30, 60)]
    [InlineData(false, 1, 4)]
    [InlineData(false, 30, 60)]
    public void Many_adapters_in_one_batch_have_the_losses_of_each_alone(bool isDelta, int shortest, int longest)
    {
        using var scope = NewDisposeScope();
        using var model = TestModels.Tiny("tiny-v1_1", ScalarType.Float32);
        using var modules = new ModuleList(isDelta ? Names : ["uniform-0", "uniform-1", "uniform-2"], name => TestModels.TinyModule(name, model));
        using IComposition composition = isDelta ? new DeltaComposition(modules.Items, ScalarType.Float32)
            : new FactorsComposition(modules.Items, ScalarType.Float32);
        var (questions, labels) = Rows(3, shortest, longest);
        using var examples = new LoraHub.Inference.Adaptation.FewShotExamples(model, questions, labels);
        double[][] weights = [[0, 0, 0], [0.5, -0.25, 1], [1, 1, 0], [-0.5, 0, 0.75]];

        var together = examples.MeanTokenLosses(composition.Compose(weights), TestContext.Current.CancellationToken);

        Assert.Equal(weights.Length, together.Length);
        Assert.True(examples.AdaptersPerPass >= weights.Length);
        Assert.All(weights.Zip(together), pair =>
            GoldenTensors.AssertClose(examples.MeanTokenLosses(composition.Compose([pair.First]), TestContext.Current.CancellationToken)[0],
                pair.Second, 2e-5, "loss"));
    }

    [Fact]
    public void Greedy_answers_equal_those_of_the_plain_implementation_without_a_cache()
    {
        using var model = TestModels.Tiny("tiny-v1_1", ScalarType.Float32);
        using var plain = PlainT5.Load(Golden.Path("t5/tiny-v1_1"), ScalarType.Float32);
        for (var seed = 0; seed < 4; seed++)
        {
            using var scope = NewDisposeScope();
            var (questions, _) = Rows(seed, 1, 2);

            var expected = plain.Generate(PaddedRows.Ids(questions, 0), 12, null);

            Assert.Equal(expected,
                GreedyDecoder.Generate(model, questions, null, 12, TestContext.Current.CancellationToken).Select(row => row.Select(id => (long)id)));
        }
    }

    static (int[][] Questions, int[][] Labels) Rows(int seed, int shortest, int longest)
    {
        var random = new Random(seed);
        var count = random.Next(1, 6);
        return (Many(1, 50), Many(shortest, longest));

        int[][] Many(int least, int most) =>
            [.. Enumerable.Range(0, count)
                .Select(_ => Enumerable.Range(0, random.Next(least, most + 1)).Select(_ => random.Next(2, 128)).Append(1).ToArray())];
    }
}
