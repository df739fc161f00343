using System.Runtime.InteropServices;
using System.Text.Json.Nodes;

using LoraHub.Core.Modules;
using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Lora;

/// <summary>What a module's numbers are found to be when it comes in.</summary>
public sealed class ModuleInspectorTests : IDisposable
{
    const string French = "lorahub/t5_mini-french";

    readonly string _folder = Directory.CreateTempSubdirectory("lorahub-inspector").FullName;
    readonly ModelFolders _models = new([Golden.Models]);

    ModuleInspector Inspector => new(_models);

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void The_report_is_what_the_whole_updates_say()
    {
        using var scope = NewDisposeScope();
        var report = Inspector.Inspect(Copy(French), TestContext.Current.CancellationToken);

        Assert.Equal(("lorahub/t5-mini", 8), (report.BaseModel, report.Rank));
        Assert.Equal(ModelDigest.Of(Golden.Model("lorahub/t5-mini")), report.BaseModelDigest);
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
    public void A_pickled_module_becomes_the_same_numbers_in_safetensors()
    {
        using var scope = NewDisposeScope();
        var pickled = new FolderModuleCatalog(_models, "lorahub/t5-mini").List().First(module => File.Exists(Path.Combine(module.Folder, ModuleFiles.PickledWeights)));
        Copy(pickled.Id);

        Inspector.Inspect(_folder, TestContext.Current.CancellationToken);

        Assert.False(File.Exists(Path.Combine(_folder, ModuleFiles.PickledWeights)));
        using var before = Checkpoint.OpenAdapter(pickled.Folder);
        using var after = Checkpoint.OpenAdapter(_folder);
        Assert.Equal(before.Entries.Keys.Order(StringComparer.Ordinal), after.Entries.Keys.Order(StringComparer.Ordinal));
        Assert.All(before.Entries.Keys, key => Assert.True(before.Read(key).equal(after.Read(key)).all().item<bool>()));
    }

    [Fact]
    public void Cosines_are_those_of_the_whole_updates()
    {
        using var scope = NewDisposeScope();
        var modules = new FolderModuleCatalog(_models, "lorahub/t5-mini").List().Where(module => module.Problem is null).ToArray();
        var one = modules.Single(module => module.Id == French);

        var cosines = Inspector.Cosines(one, modules, TestContext.Current.CancellationToken);

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
        var modules = new FolderModuleCatalog(_models, "lorahub/t5-mini").List().Where(module => module.Problem is null).ToArray();
        var one = modules.Single(module => module.Id == French);
        var cosines = Inspector.Cosines(one, modules, TestContext.Current.CancellationToken);
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
    public void An_update_that_is_nothing_has_a_report_of_zeros()
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
    public void Numbers_that_no_training_makes_are_refused(double number, string reason)
    {
        Copy(French);
        Rewrite((_, numbers) => numbers.fill_(number));

        var refused = Assert.Throws<ModuleRefusedException>(() => Inspector.Inspect(_folder, TestContext.Current.CancellationToken));

        Assert.Equal(ModuleFiles.Weights, refused.FieldName);
        Assert.Contains(reason, refused.Message);
    }

    [Theory]
    [InlineData("base_model_name_or_path", "/home/me/flan", ModuleFiles.Config, "owner/name")]
    [InlineData("r", 4, ModuleFiles.Weights, "do not fit r 4")]
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
    public void A_module_for_a_base_of_another_shape_is_refused_and_one_for_a_base_that_is_not_here_is_not_checked_against_it()
    {
        Copy(French);
        Rewrite((key, numbers) => key.Contains("lora_A") ? numbers.narrow(1, 0, numbers.shape[1] - 1).contiguous() : numbers);

        var refused = Assert.Throws<ModuleRefusedException>(() => Inspector.Inspect(_folder, TestContext.Current.CancellationToken));
        Assert.Contains("another architecture", refused.Message);

        Assert.Null(new ModuleInspector(new ModelFolders([])).Inspect(_folder, TestContext.Current.CancellationToken).BaseModelDigest);
    }

    static float[] Floats(ModuleReport report) => MemoryMarshal.Cast<byte, float>(report.Sketch).ToArray();

    static double Norm(Dictionary<string, Tensor> deltas) => Math.Sqrt(deltas.Values.Sum(delta => Math.Pow(delta.norm().item<double>(), 2)));

    /// <summary>ΔW of each layer, (out, in), formed.</summary>
    static Dictionary<string, Tensor> Deltas(string folder)
    {
        var config = AdapterConfig.Load(folder);
        using var checkpoint = Checkpoint.OpenAdapter(folder);
        return AdapterLayout.Read(checkpoint.Entries, config.Rank).Slots.ToDictionary(
            slot => slot.Layer,
            slot => checkpoint.Read(slot.KeyOfB).to(ScalarType.Float64).matmul(checkpoint.Read(slot.KeyOfA).to(ScalarType.Float64)).mul(config.Scaling));
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
        using (var checkpoint = Checkpoint.OpenAdapter(_folder))
        {
            changed = checkpoint.Entries.Keys.ToDictionary(key => key, key => change(key, checkpoint.Read(key).clone()));
        }

        File.Delete(Path.Combine(_folder, ModuleFiles.PickledWeights));
        SafetensorsWriter.Write(Path.Combine(_folder, ModuleFiles.Weights), changed);
    }
}
