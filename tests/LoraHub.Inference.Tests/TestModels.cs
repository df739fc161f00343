using LoraHub.Formats.Adapters;
using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

using static TorchSharp.torch;

namespace LoraHub.Inference.Tests;

/// <summary>Models and modules of the tests; the caller disposes them.</summary>
static class TestModels
{
    /// <summary>Where the golden tests compute: <c>cpu</c>, or what LORAHUB_TEST_DEVICE says (bench/gpu/run.sh).</summary>
    public static string DeviceName { get; } = Environment.GetEnvironmentVariables()["LORAHUB_TEST_DEVICE"] as string ?? "cpu";

    /// <inheritdoc cref="DeviceName"/>
    public static Device Device { get; } = device(DeviceName);

    /// <param name="name"><c>tiny-v1_0</c> or <c>tiny-v1_1</c>.</param>
    public static T5Model Tiny(string name, ScalarType type) => T5Model.Load(Golden.Path($"t5/{name}"), Device, _ => type);

    /// <summary>The shipped base model.</summary>
    public static T5Model Mini(ScalarType type) => T5Model.Load(Path.Combine(Golden.Models, "lorahub", "t5-mini"), Device, _ => type);

    /// <summary>An adapter of the golden folder over tiny-v1_1.</summary>
    public static LoraModule TinyModule(string name, T5Model model) => Load(name, Golden.Path($"lora/{name}"), model);

    /// <summary>A shipped module.</summary>
    /// <param name="name">For example <c>t5_mini-plurals</c>.</param>
    public static LoraModule MiniModule(string name, T5Model model) => Load($"lorahub/{name}", Path.Combine(Golden.Models, "lorahub", name), model);

    /// <summary>The catalog of the shipped modules.</summary>
    public static ModuleLibrary Catalog() => new(new SearchPath([Golden.Models]), new BaseModels(new SearchPath([Golden.Models]), "lorahub/t5-mini"));

    static LoraModule Load(string id, string folder, T5Model model)
    {
        var config = AdapterConfig.Load(folder);
        return LoraModule.Load(new ModuleVersion { Id = id, Folder = folder, BaseModel = config.BaseModel, Rank = config.Rank }, model);
    }
}
