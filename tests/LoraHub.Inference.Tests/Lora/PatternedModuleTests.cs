using System.Text.Json.Nodes;
using LoraHub.Formats.Adapters;
using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;
using LoraHub.Modules.Versions;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Lora;

/// <summary>
/// Modules whose layers have ranks and alphas of their own (rank_pattern, alpha_pattern), and modules of one shape with different scalings.
/// </summary>
public sealed class PatternedModuleTests : IDisposable
{
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lorahub-patterns");
    readonly T5Model _model = TestModels.Mini(ScalarType.Float64);

    public void Dispose()
    {
        _model.Dispose();
        _folder.Delete(recursive: true);
    }

    [Fact]
    public void Delta_composes_each_layer_with_its_own_scaling()
    {
        using var scope = NewDisposeScope();
        using var patterned = Patterned("own/patterned", "t5_mini-plurals");
        using var plain = TestModels.MiniModule("t5_mini-antonyms", _model);
        using var composition = new DeltaComposition([patterned, plain], ScalarType.Float64);

        var layers = composition.Compose([[0.5, -2]]).Layers;
        var adapter = composition.ToPeft([0.5, -2]);

        Assert.Equal(2, patterned.Layout.Slots.Select(slot => slot.Rank).Distinct().Count());
        foreach (var layer in layers.Keys)
        {
            var expected = Delta(patterned, layer).mul(0.5).sub(Delta(plain, layer).mul(2));
            AssertClose(expected, layers[layer].DeltaWeight());
            var factors = adapter.Factors.Single(one => one.Layer == layer);
            AssertClose(expected, factors.B.matmul(factors.A).mul(adapter.Alpha / adapter.Rank));
        }
    }

    [Fact]
    public void Factors_of_one_pattern_sum_and_their_adapter_is_the_same_update_for_PEFT()
    {
        using var scope = NewDisposeScope();
        using var one = Patterned("own/one", "t5_mini-plurals");
        using var other = Patterned("own/other", "t5_mini-antonyms");
        using var composition = new FactorsComposition([one, other], ScalarType.Float64);

        var layers = composition.Compose([[0.5, -2]]).Layers;
        var adapter = composition.ToPeft([0.5, -2]);

        Assert.Equal(one.Layout.Signature, other.Layout.Signature);
        Assert.Equal((one.Layout.Rank, (double)one.Layout.Rank), (adapter.Rank, adapter.Alpha));
        foreach (var slot in one.Layout.Slots)
        {
            var a = slot.A(one.Numbers).mul(0.5).sub(slot.A(other.Numbers).mul(2));
            var b = slot.B(one.Numbers).mul(0.5).sub(slot.B(other.Numbers).mul(2));
            var expected = b.matmul(a).mul(slot.Scaling);
            AssertClose(expected, layers[slot.Layer].DeltaWeight());
            var factors = adapter.Factors.Single(factors => factors.Layer == slot.Layer);
            AssertClose(expected, factors.B.matmul(factors.A));
            Assert.Equal(adapter.Rank, factors.A.shape[0]);
        }
    }

    [Fact]
    public void A_probe_of_a_single_module_is_its_update()
    {
        using var scope = NewDisposeScope();
        using var patterned = Patterned("own/patterned", "t5_mini-plurals");

        var layers = ModuleGroups.Compose([[patterned]], ScalarType.Float64).Layers;

        Assert.All(layers.Keys, layer => AssertClose(Delta(patterned, layer), layers[layer].DeltaWeight()));
    }

    [Fact]
    public void Under_factors_the_modules_with_another_scaling_than_the_first_are_named()
    {
        using var first = TestModels.MiniModule("t5_mini-plurals", _model);
        using var same = TestModels.MiniModule("t5_mini-antonyms", _model);
        using var other = Changed("own/rslora", "t5_mini-antonyms", config => config["use_rslora"] = true);

        Assert.Null(MixedScalings.Note([first, same]));
        var note = MixedScalings.Note([first, same, other]);

        Assert.StartsWith(
            "The composition `factors` applies the scaling of the first module, `lorahub/t5_mini-plurals` (", note, StringComparison.Ordinal);
        Assert.Contains("Others have another one: `own/rslora` (", note, StringComparison.Ordinal);
        Assert.Contains("`composition: delta`", note, StringComparison.Ordinal);
        Assert.DoesNotContain("antonyms", note, StringComparison.Ordinal);
    }

    static Tensor Delta(LoraModule module, string layer) => module.Layout.Slots.Single(slot => slot.Layer == layer) is var slot
        ? slot.B(module.Numbers).matmul(slot.A(module.Numbers)).mul(slot.Scaling)
        : throw new InvalidOperationException();

    static void AssertClose(Tensor expected, Tensor actual) =>
        Assert.Equal(
            0, actual.to(ScalarType.Float64).sub(expected).abs().max().item<double>(), 1e-6 * Math.Max(1e-3, expected.abs().max().item<double>()));

    /// <summary>A shipped module, of whose layers called q three rows are left, with an alpha of their own.</summary>
    LoraModule Patterned(string id, string name)
    {
        using var scope = NewDisposeScope();
        var folder = Copy(id, name);
        Dictionary<string, Tensor> tensors;
        using (var checkpoint = TensorReader.OpenAdapter(folder))
        {
            tensors = checkpoint.Entries.Keys.ToDictionary(
                key => key,
                key => !key.Contains(".q.", StringComparison.Ordinal) ? checkpoint.Read(key).clone()
                    : key.Contains("lora_A", StringComparison.Ordinal) ? checkpoint.Read(key).narrow(0, 0, 3).clone()
                    : checkpoint.Read(key).narrow(1, 0, 3).contiguous().clone());
        }

        File.Delete(Path.Combine(folder, ModuleFiles.PickledWeights));
        TensorWriter.Write(Path.Combine(folder, ModuleFiles.Weights), tensors);
        return Load(
            id, folder, config => (config["rank_pattern"], config["alpha_pattern"]) = (new JsonObject { ["q"] = 3 }, new JsonObject { ["q"] = 9 }));
    }

    LoraModule Changed(string id, string name, Action<JsonObject> change) => Load(id, Copy(id, name), change);

    string Copy(string id, string name)
    {
        var folder = _folder.CreateSubdirectory(id).FullName;
        foreach (var file in Directory.EnumerateFiles(Golden.Model($"lorahub/{name}")))
        {
            File.Copy(file, Path.Combine(folder, Path.GetFileName(file)));
        }

        return folder;
    }

    LoraModule Load(string id, string folder, Action<JsonObject> change)
    {
        var file = Path.Combine(folder, ModuleFiles.Config);
        var config = JsonNode.Parse(File.ReadAllText(file))!.AsObject();
        change(config);
        File.WriteAllText(file, config.ToJsonString());
        return LoraModule.Load(
            new ModuleVersion { Id = id, Folder = folder, BaseModel = "lorahub/t5-mini", Rank = AdapterConfig.Load(folder).Rank }, _model);
    }
}
