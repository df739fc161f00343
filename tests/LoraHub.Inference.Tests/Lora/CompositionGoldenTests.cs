using System.Text.Json;

using LoraHub.Formats.Adapters;
using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Lora;

/// <summary>Compositions of tiny modules against PEFT 0.4.0 (tests/golden/README.md, "lora/").</summary>
public sealed class CompositionGoldenTests
{
    // Tolerances are those of the README. It gives none for composed logits: the bundle's, through one module, move by 1.1e-4 in fp32, and these by
    // 1.5e-3 at weights of ±1.5, so five times the reference's own distance from double precision is allowed where that is more.
    [Fact]
    public void Composed_factors_and_their_losses_are_those_of_the_reference()
    {
        using var scope = NewDisposeScope();
        var golden = JsonDocument.Parse(File.ReadAllText(Golden.Path("lora/factors.json"))).RootElement;
        using var tensors = GoldenTensors.Open("lora/factors.safetensors");
        using var model = TestModels.Tiny("tiny-v1_1", ScalarType.Float32);
        using var modules = new ModuleList(golden.GetProperty("modules").Deserialize<string[]>()!, name => TestModels.TinyModule(name, model));
        using var composition = new FactorsComposition(modules.Items, ScalarType.Float32);
        using var exactModel = TestModels.Tiny("tiny-v1_1", ScalarType.Float64);
        using var exactModules = new ModuleList(golden.GetProperty("modules").Deserialize<string[]>()!,
            name => TestModels.TinyModule(name, exactModel));
        using var exactComposition = new FactorsComposition(exactModules.Items, ScalarType.Float64);
        var cases = golden.GetProperty("cases").EnumerateArray().ToArray();

        for (var i = 0; i < cases.Length; i++)
        {
            var weights = cases[i].GetProperty("weights").Deserialize<double[]>()!;
            var composed = composition.Compose([weights]);
            foreach (var (layer, update) in composed.Layers)
            {
                GoldenTensors.AssertClose(tensors.Read($"{i}.{AdapterLayout.Key(layer, "lora_A")}"), update.A, 1e-6, $"{i} {layer} A");
                GoldenTensors.AssertClose(tensors.Read($"{i}.{AdapterLayout.Key(layer, "lora_B")}"), update.B, 1e-6, $"{i} {layer} B");
            }

            AssertDeltas(tensors, $"{i}.delta.", composed);
            var exact = Logits(exactModel, tensors, exactComposition.Compose([weights]));
            var rounding = GoldenTensors.Distance(exact, tensors.Read($"{i}.logits"));
            GoldenTensors.AssertClose(exact, Logits(model, tensors, composed), Math.Max(1e-4, 5 * rounding), $"{i} logits");
            GoldenTensors.AssertClose(cases[i].GetProperty("loss").GetDouble(), Loss(model, tensors, composed), 1e-5, $"{i} loss");
        }

        Assert.Equal(10, cases.Length);
    }

    [Theory]
    [InlineData(ScalarType.Float32)]
    [InlineData(ScalarType.Float64)]
    public void Exact_compositions_and_their_losses_are_those_of_merged_weights(ScalarType type)
    {
        using var scope = NewDisposeScope();
        var groups = JsonDocument.Parse(File.ReadAllText(Golden.Path("lora/delta.json"))).RootElement.GetProperty("groups")
            .EnumerateArray().ToArray();
        using var tensors = GoldenTensors.Open("lora/delta.safetensors");
        using var model = TestModels.Tiny("tiny-v1_1", type);

        foreach (var group in groups)
        {
            using var modules = new ModuleList(group.GetProperty("modules").Deserialize<string[]>()!, name => TestModels.TinyModule(name, model));
            using var composition = new DeltaComposition(modules.Items, type);
            var cases = group.GetProperty("cases").EnumerateArray().ToArray();
            for (var i = 0; i < cases.Length; i++)
            {
                var name = $"{group.GetProperty("group").GetInt32()}.{i}";
                var composed = composition.Compose([cases[i].GetProperty("weights").Deserialize<double[]>()!]);

                AssertDeltas(tensors, $"{name}.delta.", composed);
                var (expected, tolerance) = type == ScalarType.Float64 ? ("loss_float64", Golden.Tolerance(1e-9, 5e-7)) : ("loss", 5e-4);
                GoldenTensors.AssertClose(cases[i].GetProperty(expected).GetDouble(), Loss(model, tensors, composed), tolerance,
                    $"{name} {expected}");
            }
        }

        Assert.Equal(3, groups.Length);
    }

    [Theory]
    [InlineData("uniform-0", "uniform-1", "uniform-2")]
    [InlineData("mixed-r2", "mixed-r8", "mixed-ff", "mixed-r1", "mixed-regex")]
    public void An_exact_composition_as_a_peft_adapter_is_the_same_update(params string[] names)
    {
        using var scope = NewDisposeScope();
        using var model = TestModels.Tiny("tiny-v1_1", ScalarType.Float32);
        using var modules = new ModuleList(names, name => TestModels.TinyModule(name, model));
        using var composition = new DeltaComposition(modules.Items, ScalarType.Float32);
        double[] weights = [0.5, -1.25, 0, 0.75, 1];

        var composed = composition.Compose([weights[..names.Length]]);
        var peft = composition.ToPeft(weights.AsSpan(0, names.Length));

        Assert.Equal(composed.Layers.Keys.Order(StringComparer.Ordinal), peft.Factors.Select(factors => factors.Layer));
        Assert.Equal(peft.Rank, peft.Alpha);
        Assert.All(peft.Factors, factors =>
        {
            Assert.Equal(peft.Rank, factors.A.shape[0]);
            GoldenTensors.AssertClose(composed.Layers[factors.Layer].DeltaWeight(), factors.B.matmul(factors.A), 1e-5, factors.Layer);
        });
    }

    static void AssertDeltas(TensorReader tensors, string prefix, LoraLayers composed)
    {
        var layers = tensors.Entries.Keys.Where(key => key.StartsWith(prefix, StringComparison.Ordinal))
            .Select(key => key[prefix.Length..]).ToArray();
        Assert.NotEmpty(layers);
        foreach (var layer in layers)
        {
            var expected = tensors.Read(prefix + layer);
            var actual = composed.Layers.TryGetValue(layer, out var update) ? update.DeltaWeight() : zeros_like(expected);
            GoldenTensors.AssertClose(expected, actual, 2e-5, prefix + layer);
        }
    }

    static Tensor Logits(T5Model model, TensorReader batch, LoraLayers lora)
    {
        using var rows = new GoldenRows(model, batch);
        return rows.Logits(lora);
    }

    static double Loss(T5Model model, TensorReader batch, LoraLayers lora)
    {
        using var rows = new GoldenRows(model, batch);
        return rows.Loss(lora);
    }
}
