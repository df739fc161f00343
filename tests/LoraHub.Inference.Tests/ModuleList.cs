using LoraHub.Inference.Lora;

namespace LoraHub.Inference.Tests;

/// <summary>Several modules as one disposable.</summary>
sealed class ModuleList(IEnumerable<string> names, Func<string, LoraModule> load) : IDisposable
{
    public IReadOnlyList<LoraModule> Items { get; } = [.. names.Select(load)];

    public void Dispose()
    {
        foreach (var module in Items)
        {
            module.Dispose();
        }
    }
}
