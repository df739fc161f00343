using LoraHub.Formats.Adapters;
using LoraHub.Formats.Tensors;
using LoraHub.Inference.Checkpoints;

using static TorchSharp.torch;

namespace LoraHub.Plain;

/// <summary>A layer's low-rank update as PEFT adds it to the layer's output: x ↦ Scaling · B(A x).</summary>
/// <param name="A">lora_A, (r, in).</param>
/// <param name="B">lora_B, (out, r).</param>
/// <param name="Scaling">lora_alpha / r.</param>
sealed record PlainUpdate(Tensor A, Tensor B, double Scaling);

/// <summary>A composed adapter. Its tensors belong to the scope in which it was created.</summary>
/// <param name="Layers">Keyed by the base layer's name in the checkpoint, without <c>.weight</c>.</param>
sealed record PlainLora(IReadOnlyDictionary<string, PlainUpdate> Layers);

/// <summary>Modules with the same keys, composed key by key as in lorahub 0.1.0. Owns its tensors.</summary>
sealed class PlainModules : IDisposable
{
    const string Prefix = "base_model.model.";
    const string SuffixOfA = ".lora_A.weight";
    const string SuffixOfB = ".lora_B.weight";

    readonly List<Dictionary<string, Tensor>> _modules = [];
    readonly ScalarType _type;
    readonly double _scaling;

    PlainModules(ScalarType type, double scaling) => (_type, _scaling) = (type, scaling);

    /// <summary>Loads PEFT folders; the caller disposes the modules.</summary>
    /// <param name="type">The model's dtype and the dtype of the result. Composing uses fp32, or fp64 for an fp64 model.</param>
    /// <exception cref="AdapterException">A folder's <c>adapter_config.json</c> does not describe plain LoRA.</exception>
    /// <exception cref="CheckpointException">A checkpoint is broken or not safe to read.</exception>
    public static PlainModules Load(IReadOnlyList<string> folders, ScalarType type)
    {
        using var scope = NewDisposeScope();
        // As in the reference, which loads all modules into the first one's adapter.
        var modules = new PlainModules(type, AdapterConfig.Load(folders[0]).Scaling);
        foreach (var folder in folders)
        {
            using var checkpoint = TensorReader.OpenAdapter(folder);
            modules._modules.Add(checkpoint.Entries.Keys.ToDictionary(
                key => key, key => checkpoint.Read(key).to(type == ScalarType.Float64 ? type : ScalarType.Float32, CPU, copy: true)));
        }

        scope.Detach(modules._modules.SelectMany(module => module.Values));
        return modules;
    }

    /// <summary>Σ wᵢAᵢ and Σ wᵢBᵢ; the tensors belong to the caller's scope.</summary>
    /// <param name="weights">One per module, in the modules' order.</param>
    public PlainLora Compose(double[] weights)
    {
        using var scope = NewDisposeScope();
        var composed = _modules[0].ToDictionary(pair => pair.Key, pair => pair.Value.mul(weights[0]));
        foreach (var (module, weight) in _modules.Zip(weights).Skip(1))
        {
            foreach (var key in composed.Keys)
            {
                using var one = NewDisposeScope();
                var before = composed[key];
                composed[key] = before.add(module[key].mul(weight)).MoveToOuterDisposeScope();
                before.Dispose();
            }
        }

        return new PlainLora(composed.Keys
            .Where(key => key.EndsWith(SuffixOfA, StringComparison.Ordinal))
            .Select(key => key[Prefix.Length..^SuffixOfA.Length])
            .ToDictionary(layer => layer, layer => new PlainUpdate(Factor(layer + SuffixOfA), Factor(layer + SuffixOfB), _scaling)));

        Tensor Factor(string name) => composed[Prefix + name].to(_type).MoveToOuterDisposeScope();
    }

    public void Dispose()
    {
        foreach (var tensor in _modules.SelectMany(module => module.Values))
        {
            tensor.Dispose();
        }
    }
}
