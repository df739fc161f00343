using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;

using static TorchSharp.torch;

namespace LoraHub.Bench.Micro;

/// <summary>Shipped modules of one layout in fp32, as many as the default request draws. Owns them.</summary>
sealed class ShippedModules : IDisposable
{
    const int Count = 20;

    readonly T5Model _model = T5Model.Load(Path.Combine(Folder, BaseModel), CPU, _ => ScalarType.Float32);

    public ShippedModules()
    {
        var catalog = new ModuleLibrary(new SearchPath([Folder]), new BaseModels(new SearchPath([Folder]), BaseModel));
        var equal = catalog.List().GroupBy(module => module.Layout).MaxBy(layout => layout.Count())!;
        Modules = [.. equal.OrderBy(module => module.Id, StringComparer.Ordinal).Take(Count).Select(module => LoraModule.Load(module, _model))];
        if (Modules.Count != Count)
        {
            throw new InvalidOperationException($"Only {Modules.Count} shipped modules share a layout; the benchmark needs {Count}.");
        }
    }

    public IReadOnlyList<LoraModule> Modules { get; }

    static string Folder => Path.Combine(Repository.Root, "models");

    static string BaseModel => new ModelsOptions().Base;

    public void Dispose()
    {
        foreach (var module in Modules)
        {
            module.Dispose();
        }

        _model.Dispose();
    }
}
