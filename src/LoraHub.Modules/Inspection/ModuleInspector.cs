using LoraHub.Core;
using LoraHub.Formats.Adapters;
using LoraHub.Formats.Checkpoints;
using LoraHub.Formats.Safetensors;
using LoraHub.Formats.Tensors;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Versions;

namespace LoraHub.Modules.Inspection;

/// <summary>Checks and measures the weights of modules. Its methods compute for up to seconds: call them on a dedicated thread.</summary>
sealed class ModuleInspector(BaseModels bases, LimitsOptions? limits = null)
{
    /// <summary>Far above the norm of any trained module; those for FLAN-T5-large are below 100.</summary>
    const double LargestNorm = 1e6;

    readonly LimitsOptions _limits = limits ?? new LimitsOptions();

    /// <summary>
    /// Checks a PEFT folder: the configuration, that every number is finite, and that the shapes match the base model, if it is installed. The
    /// restricted reader reads weights in <c>adapter_model.bin</c>. The folder is not changed.
    /// </summary>
    /// <exception cref="ModuleRefusedException">The folder is not a valid module.</exception>
    public ModuleReport Inspect(string folder, CancellationToken cancellationToken) => Inspect(folder, baseModel: null, cancellationToken);

    /// <inheritdoc cref="Inspect(string, CancellationToken)"/>
    /// <param name="baseModel">The base model to write to the configuration; null to keep the one in it.</param>
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
    /// <param name="folder">A folder that only the caller uses.</param>
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

    /// <summary>
    /// The exact cosine similarity of the module's whole update and each other's: −1 to 1; 0 for another base model; NaN if the other cannot be read.
    /// </summary>
    /// <exception cref="ModuleRefusedException">The module cannot be read.</exception>
    public static IReadOnlyList<double> Cosines(ModuleVersion module, IReadOnlyList<ModuleVersion> others, CancellationToken cancellationToken) =>
        WrapErrors(() =>
        {
            using var own = new UpdateReader(module.Folder);
            var squared = own.Layers.Sum(layer => own.Read(layer).SquaredNorm());
            return (IReadOnlyList<double>)
            [
                .. others.Select(other => other.BaseModel == module.BaseModel ? Cosine(own, squared, other.Folder, cancellationToken) : 0),
            ];
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
