using LoraHub.Core;
using LoraHub.Formats.Adapters;
using LoraHub.Formats.Checkpoints;
using LoraHub.Formats.Safetensors;
using LoraHub.Formats.Tensors;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Inspection;

/// <summary>Checks and measures modules' numbers. Its methods block and compute for up to seconds: call them on a thread of their own.</summary>
sealed class ModuleInspector(BaseModels bases, LimitsOptions? limits = null)
{
    /// <summary>Far above any trained module: those of FLAN-T5-large have norms below 100.</summary>
    const double LargestNorm = 1e6;

    readonly LimitsOptions _limits = limits ?? new LimitsOptions();

    /// <summary>
    /// Checks a PEFT folder: configuration, every tensor's shape against the base model's (when that is here), every number finite. Weights in
    /// <c>adapter_model.bin</c> are read by the restricted reader. The folder stays as it is.
    /// </summary>
    /// <exception cref="ModuleRefusedException">It cannot be a module.</exception>
    public ModuleReport Inspect(string folder, CancellationToken cancellationToken) => Inspect(folder, baseModel: null, cancellationToken);

    /// <inheritdoc cref="Inspect(string, CancellationToken)"/>
    /// <param name="baseModel">The base model that is meant, which is written into the configuration; null for the one that is there.</param>
    public ModuleReport Inspect(string folder, string? baseModel, CancellationToken cancellationToken) => WrapErrors(() =>
    {
        var config = AdapterConfig.Load(folder);
        if (baseModel is not null)
        {
            AdapterBase.Set(folder, baseModel);
            config = AdapterConfig.Load(folder);
        }

        using var checkpoint = CheckpointReader.OpenAdapter(folder);
        var layout = AdapterLayout.Read(checkpoint.Entries, config, _limits.OfLayout());
        var id = AdapterBase.Of(config);
        var shapes = bases.FindShapes(id);
        if (shapes is not null)
        {
            layout.CheckFits(shapes.ShapeOf);
        }

        ReportCost.Check(layout, _limits.ReportBytes);
        return Report(config, layout, checkpoint, cancellationToken) with { BaseModel = id, BaseModelDigest = shapes?.Digest };
    });

    /// <summary>Replaces <c>adapter_model.bin</c> by <c>adapter_model.safetensors</c> with the same tensors.</summary>
    /// <param name="folder">The caller's own; nobody else sees it yet.</param>
    /// <exception cref="ModuleRefusedException">The weights cannot be read.</exception>
    public static void ConvertToSafetensors(string folder) => WrapErrors(() =>
    {
        var weights = Path.Combine(folder, ModuleFiles.Weights);
        if (!File.Exists(weights))
        {
            using var checkpoint = CheckpointReader.OpenAdapter(folder);
            using var stream = File.Create(weights);
            SafetensorsWriter.Write(stream, checkpoint.Entries.Values, checkpoint.Copy);
        }

        File.Delete(Path.Combine(folder, ModuleFiles.PickledWeights));
        return true;
    });

    /// <summary>The cosine of the angle between two modules' whole updates, exact, for each of the others: −1 to 1; 0 for those of another base model.</summary>
    /// <exception cref="ModuleRefusedException">The module cannot be read; of the others, those that cannot have no value (NaN).</exception>
    public static IReadOnlyList<double> Cosines(ModuleVersion one, IReadOnlyList<ModuleVersion> others, CancellationToken cancellationToken) => WrapErrors(() =>
    {
        using var own = new UpdateReader(one.Folder);
        var squared = own.Layers.Sum(layer => own.Read(layer).SquaredNorm());
        return (IReadOnlyList<double>)[.. others.Select(other => other.BaseModel == one.BaseModel ? Cosine(own, squared, other.Folder, cancellationToken) : 0)];
    });

    static double Cosine(UpdateReader own, double ownSquared, string folder, CancellationToken cancellationToken)
    {
        try
        {
            using var other = new UpdateReader(folder);
            double dot = 0, squared = 0;
            foreach (var layer in other.Layers)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var factors = other.Read(layer);
                squared += factors.SquaredNorm();
                dot += own.Layers.Contains(layer) ? own.Read(layer).Dot(factors) : 0;
            }

            var norms = Math.Sqrt(squared * ownSquared);
            return norms > 0 ? Math.Clamp(dot / norms, -1, 1) : 0;
        }
        catch (Exception exception) when (exception is AdapterException or CheckpointException)
        {
            return double.NaN;
        }
    }

    static ModuleReport Report(AdapterConfig config, AdapterLayout layout, CheckpointReader checkpoint, CancellationToken cancellationToken)
    {
        var sketch = new DeltaSketch();
        var values = new List<(string Layer, double[] Values)>();
        foreach (var slot in layout.Slots)
        {
            cancellationToken.ThrowIfCancellationRequested();
            var factors = LayerFactors.Read(checkpoint, slot);
            if (!factors.IsFinite())
            {
                throw new AdapterException($"`{slot.Layer}` holds a number that is not finite (NaN or infinity).");
            }

            values.Add((slot.Layer, factors.SingularValues()));
            sketch.Add(factors);
        }

        var (norm, layers) = Spectrum.Report(values);
        if (!(norm <= LargestNorm))
        {
            throw new AdapterException($"its update has a norm of {norm:0.#e+0}; a module with a norm over {LargestNorm:0} is broken.");
        }

        return new ModuleReport
        {
            BaseModel = config.BaseModel,
            Rank = config.Rank,
            Alpha = config.Alpha,
            Targets =
            [
                .. layout.Slots.Select(slot => slot.Layer[(slot.Layer.LastIndexOf('.') + 1)..])
                    .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
            ],
            DType = checkpoint.Entries[layout.Slots[0].KeyOfA].DType.SafetensorsName(),
            Parameters = layout.Size,
            Norm = norm,
            Layers = layers,
            Sketch = sketch.ToBytes(),
        };
    }

    static T WrapErrors<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (CheckpointException exception)
        {
            var file = IsFile(exception.File) ? Path.GetFileName(exception.File) : ModuleFiles.Weights;
            throw new ModuleRefusedException(file, exception.Message, exception);
        }
        catch (AdapterException exception)
        {
            var isConfig = exception.Message.StartsWith(ModuleFiles.Config, StringComparison.Ordinal);
            throw new ModuleRefusedException(isConfig ? ModuleFiles.Config : ModuleFiles.Weights, exception.Message, exception);
        }
    }

    static bool IsFile(string path) => ModuleFiles.MostBytes.ContainsKey(Path.GetFileName(path));
}
