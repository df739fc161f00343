using LoraHub.Formats.Adapters;
using LoraHub.Inference.Lora;
using LoraHub.Modules.Versions;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests.Lora;

/// <summary>A model in bf16 holds its modules in bf16; its adapter is composed from the checkpoints' own values.</summary>
public sealed class ExactAdapterTests
{
    static readonly string[] Names = ["uniform-0", "uniform-1", "uniform-2"];
    static readonly double[] Weights = [0.5, -1.25, 0.3];

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void The_adapter_of_a_search_in_bf16_is_bit_for_bit_that_of_one_in_fp32(bool isDelta)
    {
        using var scope = NewDisposeScope();

        var fast = Adapter(ScalarType.BFloat16, isDelta);
        var exact = Adapter(ScalarType.Float32, isDelta);

        Assert.Equal(exact.Rank, fast.Rank);
        Assert.Equal(exact.Factors.Select(factors => factors.Layer), fast.Factors.Select(factors => factors.Layer));
        Assert.All(exact.Factors.Zip(fast.Factors), pair =>
        {
            GoldenTensors.AssertClose(pair.First.A, pair.Second.A, 0, pair.First.Layer);
            GoldenTensors.AssertClose(pair.First.B, pair.Second.B, 0, pair.First.Layer);
        });
    }

    [Fact]
    public void A_module_replaced_during_the_search_is_detected()
    {
        using var scope = NewDisposeScope();
        var folder = Directory.CreateTempSubdirectory("lorahub-module").FullName;
        try
        {
            Copy("uniform-0", folder);
            using var model = TestModels.Tiny("tiny-v1_1", ScalarType.BFloat16);
            using var module = LoraModule.Load(new ModuleVersion { Id = "me/mine", Folder = folder, BaseModel = "any", Rank = 4 }, model);
            using var composition = new FactorsComposition([module], ScalarType.BFloat16);
            composition.ToPeft([1.0]);

            Copy("uniform-1", folder);

            var exception = Assert.Throws<AdapterException>(() => composition.ToPeft([1.0]));
            Assert.Contains("`me/mine` was replaced while a prediction used it", exception.Message, StringComparison.Ordinal);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static PeftAdapter Adapter(ScalarType type, bool isDelta)
    {
        using var model = TestModels.Tiny("tiny-v1_1", type);
        using var modules = new ModuleList(Names, name => TestModels.TinyModule(name, model));
        using IComposition composition = isDelta ? new DeltaComposition(modules.Items, type) : new FactorsComposition(modules.Items, type);
        return composition.ToPeft(Weights);
    }

    // Replaced as a careful writer does it, by renaming.
    static void Copy(string name, string folder)
    {
        foreach (var file in Directory.EnumerateFiles(Golden.Path($"lora/{name}")))
        {
            var target = Path.Combine(folder, Path.GetFileName(file));
            File.Copy(file, target + ".new");
            File.Move(target + ".new", target, overwrite: true);
        }
    }
}
