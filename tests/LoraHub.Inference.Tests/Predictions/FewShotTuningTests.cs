using LoraHub.Core.Predictions;
using LoraHub.Core.Trainings;
using LoraHub.Inference.Adaptation;
using LoraHub.Inference.Gradients;
using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;
using LoraHub.Modules.Versions;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>Gradient steps on a composed adapter, below the predictor.</summary>
public sealed class FewShotTuningTests(MiniModel mini) : IClassFixture<MiniModel>, IDisposable
{
    // Of r 8, 16 and 4, of two sets of targets, and with scalings of their own.
    static readonly string[] Mixed = ["t5_mini-plurals", "t5_mini-booleans_r16", "t5_mini-nli_r4", "t5_mini-acronyms_all_linear"];

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lorahub-few-shot");

    T5Model Model => mini.Fp32.Model;

    static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(0.5, -0.25, 1.5, 0.75)]
    [InlineData(1.0, 0.0, 0.0, -0.001)]
    [InlineData(0.0, 0.0, 0.0, 0.0)]
    public void The_balanced_start_is_the_same_update_as_the_composition(params double[] weights)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var modules = new ModuleList(Mixed, name => TestModels.MiniModule(name, Model));
        using var composition = new DeltaComposition(modules.Items, ScalarType.Float32);

        using var factors = TuningStart.Balanced(modules.Items, weights, TuningScope.Encoder);

        Assert.Equal(3, modules.Items.Select(module => module.Layout.Rank).Distinct().Count());
        var (expected, started) = (composition.Compose([weights]).Layers, factors.ToLayers(ScalarType.Float32).Layers);
        Assert.Equal(expected.Keys.Order(StringComparer.Ordinal), started.Keys.Order(StringComparer.Ordinal));
        foreach (var (layer, update) in expected)
        {
            var delta = update.DeltaWeight();
            var difference = started[layer].DeltaWeight().sub(delta).abs().max().item<float>();
            Assert.True(difference <= 1e-6 * Math.Max(1e-3, delta.abs().max().item<float>()) * 10, $"{layer}: {difference}");
        }
    }

    [Fact]
    public void A_module_of_weight_0_has_zeros_in_B_and_grows_with_the_steps()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var modules = new ModuleList(["t5_mini-plurals", "t5_mini-quotes"], name => TestModels.MiniModule(name, Model));
        var (inputs, targets) = Examples("plural_nonce");
        using var factors = TuningStart.Balanced(modules.Items, [1, 0], TuningScope.Encoder);
        var slot = factors.Layout.Slots.First(slot => slot.Layer.StartsWith("encoder.", StringComparison.Ordinal));
        var own = modules.Items[0].Layout.Of(slot.Layer)!.Rank;
        Assert.Equal(0, Unused());

        new FewShotTuning(mini.Fp32, inputs, targets, steps: 2, Token).Tune(factors, double.PositiveInfinity, log: null);

        Assert.True(Unused() > 0);

        float Unused() => slot.B(factors.Numbers).narrow(1, own, slot.Rank - own).abs().max().item<float>();
    }

    [Fact]
    public void Steps_change_the_encoder_only()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var module = TestModels.MiniModule("t5_mini-plurals", Model);
        var (inputs, targets) = Examples("plural_nonce");
        using var factors = TuningStart.Balanced([module], [1], FewShotTuning.Scope);
        var before = factors.Numbers.clone();

        new FewShotTuning(mini.Fp32, inputs, targets, steps: 1, Token).Tune(factors, double.PositiveInfinity, log: null);

        var changed = factors.Layout.Slots.Where(slot => !slot.A(before).equal(slot.A(factors.Numbers)).all().item<bool>()).ToArray();
        Assert.NotEmpty(changed);
        Assert.All(changed, slot => Assert.StartsWith("encoder.", slot.Layer, StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(0.84, true)]
    [InlineData(0.86, false)]
    [InlineData(double.NaN, false)]
    public void A_composition_that_hardly_helps_is_replaced_by_the_base_model(double share, bool isTuned)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var module = TestModels.MiniModule("t5_mini-plurals", Model);
        var (inputs, targets) = Examples("plural_nonce");
        var log = new Lines();

        using var found = new FewShotTuning(mini.Fp32, inputs, targets, steps: 1, Token).Tune(
            Found([module], [1]), zeroLoss: 4, composedLoss: 4 * share, new SearchLog(40, TimeProvider.System, log));

        Assert.Equal((isTuned, isTuned), (found.Tuned is not null, found.Tuning is not null));
        Assert.Equal(isTuned ? 1 : 0, Assert.Single(found.Weights));
        Assert.Equal(isTuned ? 1 : 0, log.Reports.Count);
        Assert.Equal(isTuned, !log.Text.Exists(line => line.Contains("nothing is tuned", StringComparison.Ordinal)));
        if (!isTuned)
        {
            Assert.Equal(found.Loss!.ZeroShot, found.Loss.Adapted);
        }
    }

    [Fact]
    public void Modules_that_leave_the_encoder_alone_are_composed_but_not_tuned_and_the_log_says_so()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var module = DecoderOnly("t5_mini-plurals");
        var (inputs, targets) = Examples("plural_nonce");
        var log = new Lines();

        using var found = new FewShotTuning(mini.Fp32, inputs, targets, steps: 3, Token).Tune(
            Found([module], [1]), zeroLoss: 4, composedLoss: 1, new SearchLog(40, TimeProvider.System, log));

        Assert.Equal((null, null), (found.Tuned, found.Tuning));
        Assert.Equal([1.0], found.Weights);
        Assert.Equal("The composed adapter is not tuned: none of the composed modules adapts the encoder.", Assert.Single(log.Text));
    }

    [Fact]
    public void Steps_that_do_not_lower_the_loss_are_dropped()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var module = TestModels.MiniModule("t5_mini-plurals", Model);
        var (inputs, targets) = Examples("plural_nonce");

        using var found = new FewShotTuning(mini.Fp32, inputs, targets, steps: 1, Token).Tune(
            Found([module], [1]), zeroLoss: 4, composedLoss: 1e-9, log: null); // less than any step reaches

        Assert.Equal((null, null), (found.Tuned, found.Tuning));
    }

    [Fact]
    public void A_step_is_canceled_between_its_micro_batches()
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var module = TestModels.MiniModule("t5_mini-plurals", Model);
        var (inputs, targets) = Examples("plural_nonce");
        using var factors = TuningStart.Balanced([module], [1], TuningScope.Encoder);
        using var gradient = new StepGradient(Model, factors, hasDropout: false, limit: 1); // one row in a micro-batch
        using var canceled = new CancellationTokenSource();
        var batches = 0;

        Assert.Throws<OperationCanceledException>(() => gradient.Backward(
            [.. inputs.Zip(targets, (input, target) => new TuningExample(input, target, false))], Begin, canceled.Token));

        Assert.Equal(2, batches);

        DropoutMasks? Begin(int row)
        {
            if (++batches == 2)
            {
                canceled.Cancel();
            }

            return null;
        }
    }

    static FoundAdapter Found(IReadOnlyList<LoraModule> modules, double[] weights) =>
        new(modules, new DeltaComposition(modules, ScalarType.Float32), weights, new LossReport(0.8, 0.2, 10));

    (int[][] Inputs, int[][] Targets) Examples(string task)
    {
        var lines = TaskFile.Read(task);
        return (mini.Tokenize(lines.Inputs.Take(TaskFile.Examples)), mini.Tokenize(lines.Targets.Take(TaskFile.Examples)));
    }

    /// <summary>A shipped module without its factors of the encoder.</summary>
    LoraModule DecoderOnly(string name)
    {
        using var whole = TestModels.MiniModule(name, Model);
        using var composition = new DeltaComposition([whole], ScalarType.Float32);
        var peft = composition.ToPeft([1]);
        peft = peft with { Factors = [.. peft.Factors.Where(one => one.Layer.StartsWith("decoder.", StringComparison.Ordinal))] };
        File.WriteAllText(Path.Combine(_folder.FullName, "adapter_config.json"), peft.Config(mini.Fp32.Id, [.. Model.Tensors.Keys]));
        using (var file = File.Create(Path.Combine(_folder.FullName, "adapter_model.safetensors")))
        {
            peft.WriteWeights(file);
        }

        return LoraModule.Load(
            new ModuleVersion { Id = "own/decoder", Folder = _folder.FullName, BaseModel = mini.Fp32.Id, Rank = peft.Rank }, Model);
    }

    sealed class Lines : IPredictionProgress
    {
        public List<string> Text { get; } = [];

        public List<RunProgress> Reports { get; } = [];

        public void Log(string line) => Text.Add(line);

        public void Report(RunProgress progress) => Reports.Add(progress);

        public void Measure(string name, double value)
        {
        }
    }
}
