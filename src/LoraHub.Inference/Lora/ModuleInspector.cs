using LoraHub.Core.Modules;
using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Models;

using static TorchSharp.torch;

namespace LoraHub.Inference.Lora;

/// <inheritdoc cref="IModuleInspector"/>
public sealed class ModuleInspector(ModelFolders folders) : IModuleInspector
{
    /// <summary>No module that was trained comes near: those of FLAN-T5-large have norms below 100.</summary>
    const double LargestNorm = 1e6;

    readonly BaseShapes _bases = new(folders);

    public ModuleReport Inspect(string folder, CancellationToken cancellationToken) => Refusing(() =>
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var config = AdapterConfig.Load(folder);
        using var checkpoint = Checkpoint.OpenAdapter(folder);
        var layout = AdapterLayout.Read(checkpoint.Entries, config.Rank);
        if (!ModelId.IsValid(config.BaseModel))
        {
            throw new AdapterException("adapter_config.json names its base model by a path (base_model_name_or_path); it must be the model's owner/name.");
        }

        var model = _bases.Find(config.BaseModel);
        if (model is not null)
        {
            layout.CheckFits(model.ShapeOf);
        }

        var report = Report(config, layout, checkpoint, cancellationToken) with { BaseModelDigest = model?.Digest };
        Convert(folder, checkpoint);
        return report;
    });

    public IReadOnlyList<double> Cosines(ModuleInfo one, IReadOnlyList<ModuleInfo> others, CancellationToken cancellationToken) => Refusing(() =>
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        var own = Updates(one.Folder).ToDictionary(update => update.Layer, StringComparer.Ordinal);
        return (IReadOnlyList<double>)[.. others.Select(other => other.BaseModel == one.BaseModel ? Cosine(own, other, cancellationToken) : 0)];
    });

    static double Cosine(Dictionary<string, LayerUpdate> own, ModuleInfo other, CancellationToken cancellationToken)
    {
        cancellationToken.ThrowIfCancellationRequested();
        using var scope = NewDisposeScope();
        try
        {
            double dot = 0, squared = 0;
            foreach (var update in Updates(other.Folder))
            {
                squared += update.Dot(update);
                dot += own.TryGetValue(update.Layer, out var same) ? same.Dot(update) : 0;
            }

            var norms = Math.Sqrt(squared * own.Values.Sum(update => update.Dot(update)));
            return norms > 0 ? Math.Clamp(dot / norms, -1, 1) : 0;
        }
        catch (Exception exception) when (exception is AdapterException or CheckpointException)
        {
            return double.NaN;
        }
    }

    static LayerUpdate[] Updates(string folder)
    {
        var config = AdapterConfig.Load(folder);
        using var checkpoint = Checkpoint.OpenAdapter(folder);
        return [.. AdapterLayout.Read(checkpoint.Entries, config.Rank).Slots.Select(slot => LayerUpdate.Read(checkpoint, slot, config.Scaling))];
    }

    static ModuleReport Report(AdapterConfig config, AdapterLayout layout, ICheckpoint checkpoint, CancellationToken cancellationToken)
    {
        using var sketch = new DeltaSketch();
        var values = new List<(string Layer, double[] Values)>();
        foreach (var slot in layout.Slots)
        {
            cancellationToken.ThrowIfCancellationRequested();
            using var scope = NewDisposeScope();
            var update = LayerUpdate.Read(checkpoint, slot, config.Scaling);
            if (!update.IsFinite())
            {
                throw new AdapterException($"`{slot.Layer}` holds a number that is not finite (NaN or infinity).");
            }

            values.Add((slot.Layer, update.SingularValues()));
            sketch.Add(update);
        }

        var (norm, layers) = Spectrum.Report(values);
        if (!(norm <= LargestNorm))
        {
            throw new AdapterException($"its update has a norm of {norm:0.#e+0}; over {LargestNorm:0} it is broken, whatever it was trained for.");
        }

        return new ModuleReport
        {
            BaseModel = config.BaseModel,
            Rank = config.Rank,
            Alpha = config.Alpha,
            Targets = [.. layout.Slots.Select(slot => slot.Layer[(slot.Layer.LastIndexOf('.') + 1)..]).Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)],
            DType = DTypes.ToSafetensors(checkpoint.Entries[layout.Slots[0].KeyOfA].DType),
            Parameters = layout.Size,
            Norm = norm,
            Layers = layers,
            Sketch = sketch.ToBytes(),
        };
    }

    /// <summary>Leaves the folder with its numbers as safetensors alone.</summary>
    static void Convert(string folder, ICheckpoint checkpoint)
    {
        var weights = Path.Combine(folder, ModuleFiles.Weights);
        if (!File.Exists(weights))
        {
            using var stream = File.Create(weights);
            SafetensorsWriter.Write(stream, checkpoint.Entries.Values, checkpoint.Read);
        }

        File.Delete(Path.Combine(folder, ModuleFiles.PickledWeights));
    }

    static T Refusing<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (CheckpointException exception)
        {
            throw new ModuleRefusedException(IsFile(exception.File) ? Path.GetFileName(exception.File) : ModuleFiles.Weights, exception.Message, exception);
        }
        catch (AdapterException exception)
        {
            var isConfig = exception.Message.StartsWith(ModuleFiles.Config, StringComparison.Ordinal);
            throw new ModuleRefusedException(isConfig ? ModuleFiles.Config : ModuleFiles.Weights, exception.Message, exception);
        }
    }

    static bool IsFile(string path) => ModuleFiles.MostBytes.ContainsKey(Path.GetFileName(path));
}
