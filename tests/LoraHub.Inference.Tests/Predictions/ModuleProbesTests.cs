using LoraHub.Core.Optimization;
using LoraHub.Inference.Adaptation;
using LoraHub.Inference.Lora;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>Compares trials of single modules in batches with trials one by one.</summary>
public sealed class ModuleProbesTests(MiniModel mini, ITestOutputHelper output) : IClassFixture<MiniModel>, IDisposable
{
    static readonly string[] Names =
    [
        "t5_mini-plurals", "t5_mini-antonyms", "t5_mini-quotes", "t5_mini-twice", "t5_mini-past_tense", "t5_mini-nli_r4", "t5_mini-booleans_r16",
        "t5_mini-acronyms_all_linear", "t5_mini-french", "t5_mini-brackets",
    ];

    static CancellationToken Token => TestContext.Current.CancellationToken;

    static readonly TaskFile Task = TaskFile.Read("past_in_brackets");

    readonly ModuleList _modules = new(Names, name => TestModels.MiniModule(name, mini.Fp32.Model));

    int[][] Inputs => mini.Tokenize(Task.Inputs.Take(TaskFile.Examples));

    int[][] Targets => mini.Tokenize(Task.Targets.Take(TaskFile.Examples));

    public void Dispose() => _modules.Dispose();

    [Fact]
    public void Modules_in_batches_have_the_same_losses_as_one_by_one()
    {
        using var scope = NewDisposeScope();
        using var probes = Probes(new ProbeCache());
        using var examples = new FewShotExamples(mini.Fp32.Model, Inputs, Targets);
        int[] all = [.. Enumerable.Range(0, Names.Length)];

        var together = probes.MeanTokenLosses(all);

        var alone = all.Select(module => Loss(examples, [module])).ToArray();
        output.WriteLine(
            $"{together.Zip(alone, Bits).Count(same => same)} of {all.Length} are equal bit by bit; "
            + $"largest relative difference {together.Zip(alone, Difference).Max():g3}");
        Assert.All(together.Zip(alone), pair => Assert.InRange(Difference(pair.First, pair.Second), 0, 1e-5));
        Assert.Equal(Names.Length, together.Distinct().Count());
    }

    // A prediction's bytes must not depend on earlier predictions, and cached probes come from batches with other modules.
    [Theory]
    [InlineData(new[] { 7, 3, 5 })]
    [InlineData(new[] { 3 })]
    [InlineData(new[] { 9, 8, 7, 6, 5, 4, 3, 2, 1, 0 })]
    public void A_probe_does_not_depend_on_the_other_modules_in_its_batch(int[] others)
    {
        using var first = Probes(new ProbeCache());
        using var second = Probes(new ProbeCache());
        int[] all = [0, 1, 2, 3, 4, 5, 6, 7];

        var (of, again) = (first.MeanTokenLosses(all), second.MeanTokenLosses(others));

        var common = all.Intersect(others).Select(module => (of[module], again[Array.IndexOf(others, module)])).ToArray();
        Assert.NotEmpty(common);
        Assert.All(common, pair => Assert.Equal(pair.Item1, pair.Item2));
    }

    [Fact]
    public void A_NaN_module_does_not_affect_others_in_its_batch()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var huge = TestModels.MiniModule("t5_mini-french", mini.Fp32.Model);
        huge.Numbers.fill_(1e30);
        using var without = Probes(new ProbeCache());
        using var with = new ModuleProbes(mini.Fp32, [_modules.Items[0], huge, .. _modules.Items.Skip(1)], Inputs, Targets, new ProbeCache(), Token);

        var (losses, spoiled) = (without.MeanTokenLosses([0, 1, 2, 3]), with.MeanTokenLosses([0, 1, 2, 3, 4]));

        Assert.False(double.IsFinite(spoiled[1]));
        Assert.Equal(losses, (double[])[spoiled[0], .. spoiled[2..]]);
    }

    [Fact]
    public void A_group_has_the_loss_of_the_composition_of_its_members()
    {
        using var scope = NewDisposeScope();
        using var probes = Probes(new ProbeCache());
        int[][] groups = [[0, 4], [9], [1, 5, 7], [0, 4, 9]];

        for (var part = 0; part < probes.Parts; part++)
        {
            using var examples = new FewShotExamples(mini.Fp32.Model, [Inputs[part]], [Targets[part]]);
            var losses = probes.Losses(new Trial(groups, part));

            Assert.All(groups.Zip(losses), pair => Assert.InRange(Difference(pair.Second, Loss(examples, pair.First)), 0, 1e-5));
        }
    }

    [Fact]
    public void Examples_are_distributed_over_the_parts_in_turn()
    {
        // Seven examples in five parts: two parts of two.
        using var scope = NewDisposeScope();
        var (inputs, targets) = (mini.Tokenize(Task.Inputs.Take(7)), mini.Tokenize(Task.Targets.Take(7)));
        using var probes = new ModuleProbes(mini.Fp32, _modules.Items, inputs, targets, new ProbeCache(), Token);

        Assert.Equal(5, probes.Parts);
        for (var part = 0; part < 5; part++)
        {
            using var examples = new FewShotExamples(mini.Fp32.Model, [.. inputs.Where((_, i) => i % 5 == part)],
                [.. targets.Where((_, i) => i % 5 == part)]);
            Assert.InRange(Difference(probes.Losses(new Trial([[4]], part))[0], Loss(examples, [4])), 0, 1e-5);
        }
    }

    [Fact]
    public void A_cached_probe_is_not_evaluated_again()
    {
        var cache = new ProbeCache();
        int[] all = [.. Enumerable.Range(0, Names.Length)];
        using var first = Probes(cache);
        var losses = first.MeanTokenLosses(all);
        var ofPart = first.Losses(new Trial([[3]], 2));
        using var second = Probes(cache, new CancellationToken(canceled: true)); // cancels every pass

        Assert.Equal(losses, second.MeanTokenLosses(all));
        Assert.Equal(ofPart, second.Losses(new Trial([[3]], 2)));
        Assert.Throws<OperationCanceledException>(() => second.Losses(new Trial([[0, 1]], 0)));
    }

    [Fact]
    public void Another_example_and_another_dtype_are_other_probes()
    {
        var cache = new ProbeCache();
        using var first = Probes(cache);
        first.MeanTokenLosses([0]);
        var canceled = new CancellationToken(canceled: true);
        using var half = MiniModel.Load(ScalarType.BFloat16);
        using var halfModule = TestModels.MiniModule(Names[0], half.Model);
        using var otherDtype = new ModuleProbes(half, [halfModule], Inputs, Targets, cache, canceled);
        using var otherExample = new ModuleProbes(mini.Fp32, _modules.Items, [Targets[0]], [Inputs[0]], cache, canceled);
        using var oneOfTheSame = new ModuleProbes(mini.Fp32, _modules.Items, [Inputs[3]], [Targets[3]], cache, canceled);

        Assert.Throws<OperationCanceledException>(() => otherDtype.MeanTokenLosses([0]));
        Assert.Throws<OperationCanceledException>(() => otherExample.MeanTokenLosses([0]));
        Assert.Throws<OperationCanceledException>(() => oneOfTheSame.MeanTokenLosses([1]));
        Assert.Equal(first.Losses(new Trial([[0]], 3)), oneOfTheSame.MeanTokenLosses([0])); // that part is that example
    }

    [Fact]
    public void The_probe_key_includes_base_module_scaling_and_example_and_a_full_cache_is_cleared()
    {
        var cache = new ProbeCache(most: 2);
        var probe = new Probe("base", "module", 1, "example");
        cache.Keep(probe, 3);

        Assert.Equal(3, cache.Find(new Probe("base", "module", 1, "example")));
        Assert.All([probe with { Base = "b" }, probe with { Module = "m" }, probe with { Scaling = 2 }, probe with { Examples = "e" }],
            other => Assert.Null(cache.Find(other)));

        cache.Keep(probe with { Scaling = 2 }, 4);
        Assert.Equal(3, cache.Find(probe));
        cache.Keep(probe with { Scaling = 3 }, 5);
        Assert.Null(cache.Find(probe));
        Assert.Equal(5, cache.Find(probe with { Scaling = 3 }));
    }

    ModuleProbes Probes(ProbeCache cache, CancellationToken? cancellationToken = null) => new(mini.Fp32, _modules.Items, Inputs, Targets, cache,
        cancellationToken ?? Token);

    double Loss(FewShotExamples examples, int[] group)
    {
        using var composition = new DeltaComposition([.. group.Select(module => _modules.Items[module])], ScalarType.Float32);
        return examples.MeanTokenLosses(composition.Compose([[.. Enumerable.Repeat(1.0, group.Length)]]), Token)[0];
    }

    static double Difference(double one, double other) => Math.Abs(one - other) / Math.Abs(other);

    static bool Bits(double one, double other) => BitConverter.DoubleToInt64Bits(one) == BitConverter.DoubleToInt64Bits(other);
}
