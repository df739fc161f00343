using System.Text.Json.Nodes;
using LoraHub.Core.Trainings;
using LoraHub.Formats.Adapters;
using LoraHub.Inference.Adaptation;
using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Gradients;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;
using LoraHub.Inference.T5;
using LoraHub.Inference.Tests.Training;
using LoraHub.Modules.Versions;

using static LoraHub.Inference.Tests.Training.FiniteDifferenceTests;
using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Adaptation;

/// <summary>The slopes of modules against losses and other gradients, on random models of random sizes in double.</summary>
public sealed class SlopeTests : IDisposable
{
    // A norm's variance is fp32 in every model: its rounding, 1e-7, is divided by the distance.
    const double Smallest = 1e-3, NormRounding = 3e-4;

    static readonly string[] Targets = ["q", "k", "v", "o", "wi", "wi_0", "wi_1", "wo"];

    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lorahub-slopes");

    public void Dispose() => _folder.Delete(recursive: true);

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    [InlineData(7)]
    public void A_slope_is_the_derivative_of_the_loss_by_the_modules_weight(int seed)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        using var folder = RandomShape.Make(seed);
        using var model = new BaseModel("random", T5Model.Load(folder.Path, CPU, _ => ScalarType.Float64), null!);
        var random = new Random(seed);
        int[][] inputs = [Row(random, 7), Row(random, 3), Row(random, 1)], targets = [Row(random, 2), Row(random, 5), Row(random, 1)];
        using var examples = new FewShotExamples(model.Model, inputs, targets);
        LoraModule[] modules = [Module(model.Model, "all", 2, seed, Targets), Module(model.Model, "few", 1, seed + 100, ["q", "v"])];
        using var gradients = SlopeScreen.Gradients(
            model, modules.SelectMany(module => module.Layout.Slots).Select(slot => slot.Layer).Distinct(), inputs, targets,
            TestContext.Current.CancellationToken);

        foreach (var module in modules)
        {
            var slope = gradients.Along(module);
            using var composition = new DeltaComposition([module], ScalarType.Float64);
            Assert.Equal(1, OfFactors(module) / slope, 1e-9);
            Assert.Equal(1, Norm(composition) / UpdateGradients.NormOf(module), 1e-9);
            if (model.Model.Config.IsGated) // relu has kinks
            {
                Assert.Equal(slope, Difference(Smallest), NormRounding);
            }

            module.Dispose();

            // Of the eighth order.
            double Difference(double h) =>
                ((4.0 / 5 * Sides(h)) - (1.0 / 5 * Sides(2 * h)) + (4.0 / 105 * Sides(3 * h)) - (1.0 / 280 * Sides(4 * h))) / h;

            double Sides(double w) => LossAt(w) - LossAt(-w);

            double LossAt(double w)
            {
                using var inner = NewDisposeScope();
                return examples.MeanTokenLosses(composition.Compose([[w]]))[0];
            }
        }

        // The gradient of a factor B at A and B = 0, along the module's B: another way to the same number.
        double OfFactors(LoraModule module)
        {
            using var factors = TuningStart.Balanced([module], [0], TuningScope.All); // A times √0.001, B = 0
            using var step = new StepGradient(model.Model, factors, hasDropout: false);
            step.Backward(FewShotTuning.Rows(model.Model, inputs, targets), dropout: null, CancellationToken.None);
            return module.Layout.Slots.Sum(
                slot => slot.Scaling / Math.Sqrt(1e-3)
                    * factors.Layout.Of(slot.Layer)!.B(factors.Gradient).mul(slot.B(module.Numbers)).sum().item<double>());
        }
    }

    static double Norm(DeltaComposition alone)
    {
        using var scope = NewDisposeScope();
        return Math.Sqrt(alone.Compose([[1.0]]).Layers.Values.Sum(layer => layer.DeltaWeight().square().sum().item<double>()));
    }

    /// <summary>A random module over the layers that end with a target.</summary>
    LoraModule Module(T5Model model, string name, int rank, int seed, string[] targets)
    {
        using var scope = NewDisposeScope();
        using var generator = new Generator((ulong)seed);
        var tensors = new Dictionary<string, Tensor>();
        foreach (var layer in model.Tensors.Keys.Where(key => key.EndsWith(".weight", StringComparison.Ordinal)).Select(key => key[..^7]))
        {
            if (targets.Contains(layer[(layer.LastIndexOf('.') + 1)..]) && model.ShapeOf(layer) is [var to, var from])
            {
                tensors[AdapterLayout.Key(layer, "lora_A")] = randn([rank, from], generator: generator).mul(0.3);
                tensors[AdapterLayout.Key(layer, "lora_B")] = randn([to, rank], generator: generator).mul(0.3);
            }
        }

        var folder = _folder.CreateSubdirectory(name).FullName;
        TensorWriter.Write(Path.Combine(folder, ModuleFiles.Weights), tensors);
        File.WriteAllText(Path.Combine(folder, ModuleFiles.Config), new JsonObject
        {
            ["peft_type"] = "LORA",
            ["base_model_name_or_path"] = "random",
            ["r"] = rank,
            ["lora_alpha"] = 3 * rank,
            ["target_modules"] = new JsonArray([.. targets.Select(target => (JsonNode)target)]),
        }.ToJsonString());
        return LoraModule.Load(new ModuleVersion { Id = $"own/{name}", Folder = folder, BaseModel = "random", Rank = rank }, model);
    }
}
