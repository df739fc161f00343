using System.Runtime.InteropServices;
using System.Text.Json.Nodes;
using LoraHub.Formats.Adapters;
using LoraHub.Inference.Checkpoints;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Inspection;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Lora;

/// <summary>The inspection of a module when it is published.</summary>
public sealed class ModuleInspectorTests : IDisposable
{
    const string French = "lorahub/t5_mini-french";

    readonly string _folder = Directory.CreateTempSubdirectory("lorahub-inspector").FullName;
    readonly SearchPath _models = new([Golden.Models]);

    ModuleInspector Inspector => new(new BaseModels(_models, "lorahub/t5-mini"));

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_report_matches_the_full_updates()
    {
        using var scope = NewDisposeScope();
        var report = Inspector.Inspect(Copy(French), TestContext.Current.CancellationToken);

        Assert.Equal(("lorahub/t5-mini", 8), (report.BaseModel, report.Rank));
        Assert.Equal(new BaseModels(_models, "lorahub/t5-mini").Digest(Golden.Model("lorahub/t5-mini")), report.BaseModelDigest);
        var updates = Deltas(_folder);
        Assert.Equal(updates.Keys.Order(StringComparer.Ordinal), report.Layers.Select(layer => layer.Layer));
        var total = updates.Values.Sum(delta => Math.Pow(delta.norm().item<double>(), 2));
        Assert.Equal(Math.Sqrt(total), report.Norm, 1e-9 * report.Norm);
        Assert.Equal(1, report.Layers.Sum(layer => layer.Energy), 1e-12);
        foreach (var layer in report.Layers)
        {
            var values = linalg.svdvals(updates[layer.Layer]).data<double>().ToArray();
            var shares = values.Where(value => value > 1e-12 * values[0]).Select(value => value / values.Sum()).ToArray();
            Assert.All(layer.SingularValues.Zip(values), pair => Assert.Equal(pair.Second, pair.First, 1e-9 * values[0]));
            Assert.Equal(Math.Exp(-shares.Sum(share => share * Math.Log(share))), layer.EffectiveRank, 1e-6);
            Assert.InRange(layer.EffectiveRank, 1, report.Rank);
            Assert.Equal(Math.Pow(updates[layer.Layer].norm().item<double>(), 2) / total, layer.Energy, 1e-9);
        }
    }

    [Fact]
    public void A_pickled_module_is_converted_to_equal_safetensors()
    {
        using var scope = NewDisposeScope();
        var pickled = new ModuleLibrary(_models, new BaseModels(_models, "lorahub/t5-mini")).List()
            .First(module => File.Exists(Path.Combine(module.Folder, ModuleFiles.PickledWeights)));
        Copy(pickled.Id);

        ModuleInspector.ConvertToSafetensors(_folder);

        Assert.False(File.Exists(Path.Combine(_folder, ModuleFiles.PickledWeights)));
        using var before = TensorReader.OpenAdapter(pickled.Folder);
        using var after = TensorReader.OpenAdapter(_folder);
        Assert.Equal(before.Entries.Keys.Order(StringComparer.Ordinal), after.Entries.Keys.Order(StringComparer.Ordinal));
        Assert.All(before.Entries.Keys, key => Assert.True(before.Read(key).equal(after.Read(key)).all().item<bool>()));
    }

    [Fact]
    public void Cosines_match_those_of_the_full_updates()
    {
        using var scope = NewDisposeScope();
        var modules = new ModuleLibrary(_models, new BaseModels(_models, "lorahub/t5-mini")).List().Where(module => module.Problem is null).ToArray();
        var one = modules.Single(module => module.Id == French);

        var cosines = ModuleInspector.Cosines(one, modules, TestContext.Current.CancellationToken);

        var own = Deltas(one.Folder);
        foreach (var (module, cosine) in modules.Zip(cosines))
        {
            var other = Deltas(module.Folder);
            var dot = own.Keys.Intersect(other.Keys).Sum(layer => own[layer].mul(other[layer]).sum().item<double>());
            Assert.Equal(dot / (Norm(own) * Norm(other)), cosine, 1e-9);
        }

        Assert.Equal(1, cosines[Array.IndexOf(modules, one)], 1e-12);
    }

    /// <summary>A sketch of K numbers is right to some 1/√K.</summary>
    [Fact]
    public void Products_of_sketches_approximate_those_of_updates()
    {
        var modules = new ModuleLibrary(_models, new BaseModels(_models, "lorahub/t5-mini")).List().Where(module => module.Problem is null).ToArray();
        var one = modules.Single(module => module.Id == French);
        var cosines = ModuleInspector.Cosines(one, modules, TestContext.Current.CancellationToken);
        var reports = modules.Select(module => Inspector.Inspect(Copy(module.Id), TestContext.Current.CancellationToken)).ToArray();
        var own = reports[Array.IndexOf(modules, one)];

        foreach (var (report, cosine) in reports.Zip(cosines))
        {
            Assert.Equal(DeltaSketch.Length * sizeof(float), report.Sketch.Length);
            var dot = Floats(own).Zip(Floats(report)).Sum(pair => (double)pair.First * pair.Second);
            Assert.Equal(cosine, dot / (own.Norm * report.Norm), 0.15);
        }
    }

    [Fact]
    public void A_zero_update_has_a_report_of_zeros()
    {
        Copy(French);
        Rewrite((key, numbers) => key.Contains("lora_B") ? numbers.zero_() : numbers);

        var report = Inspector.Inspect(_folder, TestContext.Current.CancellationToken);

        Assert.Equal(0, report.Norm);
        Assert.All(report.Layers, layer => Assert.Equal((0, 0, 0), (layer.Norm, layer.Energy, layer.EffectiveRank)));
    }

    [Theory]
    [InlineData(double.NaN, "not finite")]
    [InlineData(double.PositiveInfinity, "not finite")]
    [InlineData(1e9, "has a norm of")]
    public void Implausible_numbers_are_refused(double number, string reason)
    {
        Copy(French);
        Rewrite((_, numbers) => numbers.fill_(number));

        var refused = Assert.Throws<ModuleRefusedException>(() => Inspector.Inspect(_folder, TestContext.Current.CancellationToken));

        Assert.Equal(ModuleFiles.Weights, refused.FieldName);
        Assert.Contains(reason, refused.Message);
    }

    [Theory]
    [InlineData("base_model_name_or_path", "/home/me/flan", ModuleFiles.Config, "owner/name")]
    [InlineData("r", 4, ModuleFiles.Weights, "do not match r 4")]
    [InlineData("peft_type", "IA3", ModuleFiles.Config, "only LORA")]
    [InlineData("use_dora", true, ModuleFiles.Config, "DoRA")]
    public void A_configuration_that_does_not_fit_is_refused(string key, object value, string field, string reason)
    {
        Copy(French);
        var config = JsonNode.Parse(File.ReadAllText(Path.Combine(_folder, ModuleFiles.Config)))!.AsObject();
        config[key] = JsonValue.Create(value);
        File.WriteAllText(Path.Combine(_folder, ModuleFiles.Config), config.ToJsonString());

        var refused = Assert.Throws<ModuleRefusedException>(() => Inspector.Inspect(_folder, TestContext.Current.CancellationToken));

        Assert.Equal(field, refused.FieldName);
        Assert.Contains(reason, refused.Message);
    }

    [Fact]
    public void A_module_is_checked_against_its_base_model_only_when_that_is_present()
    {
        Copy(French);
        Rewrite((key, numbers) => key.Contains("lora_A") ? numbers.narrow(1, 0, numbers.shape[1] - 1).contiguous() : numbers);

        var refused = Assert.Throws<ModuleRefusedException>(() => Inspector.Inspect(_folder, TestContext.Current.CancellationToken));
        Assert.Contains("another architecture", refused.Message);

        var inspector = new ModuleInspector(new BaseModels(new SearchPath([]), "lorahub/t5-mini"));
        Assert.Null(inspector.Inspect(_folder, TestContext.Current.CancellationToken).BaseModelDigest);
    }

    static float[] Floats(ModuleReport report) => MemoryMarshal.Cast<byte, float>(report.Sketch).ToArray();

    static double Norm(Dictionary<string, Tensor> deltas) => Math.Sqrt(deltas.Values.Sum(delta => Math.Pow(delta.norm().item<double>(), 2)));

    /// <summary>ΔW of each layer, (out, in), formed.</summary>
    static Dictionary<string, Tensor> Deltas(string folder)
    {
        var config = AdapterConfig.Load(folder);
        using var checkpoint = TensorReader.OpenAdapter(folder);
        return AdapterLayout.Read(checkpoint.Entries, config).Slots.ToDictionary(
            slot => slot.Layer,
            slot => checkpoint.Read(slot.KeyOfB).to(ScalarType.Float64).matmul(checkpoint.Read(slot.KeyOfA).to(ScalarType.Float64))
                .mul(config.Scaling));
    }

    string Copy(string id)
    {
        foreach (var file in Directory.EnumerateFiles(_folder))
        {
            File.Delete(file);
        }

        foreach (var file in Directory.EnumerateFiles(Golden.Model(id)))
        {
            File.Copy(file, Path.Combine(_folder, Path.GetFileName(file)));
        }

        return _folder;
    }

    void Rewrite(Func<string, Tensor, Tensor> change)
    {
        using var scope = NewDisposeScope();
        Dictionary<string, Tensor> changed;
        using (var checkpoint = TensorReader.OpenAdapter(_folder))
        {
            changed = checkpoint.Entries.Keys.ToDictionary(key => key, key => change(key, checkpoint.Read(key).clone()));
        }

        File.Delete(Path.Combine(_folder, ModuleFiles.PickledWeights));
        TensorWriter.Write(Path.Combine(_folder, ModuleFiles.Weights), changed);
    }
}
