using LoraHub.Core.Modules;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Telemetry;
using LoraHub.Inference.Checkpoints;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;
using LoraHub.Inference.T5;
using LoraHub.Inference.Tokenization;

using static TorchSharp.torch;

namespace LoraHub.Inference.Predictions;

/// <summary>LoraHub (arXiv 2307.13269): composes modules into the adapter that costs the few-shot examples least. Keeps models and modules between predictions; owns them.</summary>
public sealed class LoraHubPredictor : IPredictor, IDisposable
{
    readonly ModelFolders _folders;
    readonly IModuleCatalog _catalog;
    readonly TimeProvider _time;
    readonly Lazy<Device> _device;
    readonly Precision _precision;
    readonly LeasedCache<BaseModel> _models;
    readonly LeasedCache<LoraModule> _modules;
    readonly ProbeCache _probes = new();

    public LoraHubPredictor(InferenceOptions options, ModelFolders folders, IModuleCatalog catalog, TimeProvider time)
    {
        (_folders, _catalog, _time, _precision) = (folders, catalog, time, options.Precision);
        _device = new Lazy<Device>(() => Initialize(options));
        _models = new LeasedCache<BaseModel>(Instruments.ModelCache, options.ModelCacheBytes, model => model.Model.Bytes);
        _modules = new LeasedCache<LoraModule>(Instruments.ModuleCache, options.ModuleCacheBytes, module => module.Bytes);
    }

    public void Prepare(IPredictionProgress progress, CancellationToken cancellationToken) =>
        Explain(() =>
        {
            RentModel(_catalog.DefaultBaseModel, progress).Dispose();
            return true;
        });

    public PredictionResult Predict(PredictionInput input, string folder, IPredictionProgress progress, CancellationToken cancellationToken) =>
        Explain(() =>
        {
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            var seed = input.Seed ?? Random.Shared.NextInt64(uint.MaxValue);
            progress.Log($"Using seed: {seed}");
            var infos = Draw(input, seed);
            using var model = RentModel(infos[0].BaseModel, progress);
            using var modules = RentModules(infos, isProbed: input is { ModuleSelection: ModuleSelection.Probe, Weights: null }, model.Value, progress, cancellationToken);
            using var run = new PredictionRun(new PredictionPlan(input, seed, model.Value, modules.Values), _probes, _time, progress, cancellationToken);
            return run.Run(folder);
        });

    public void Dispose()
    {
        _modules.Dispose();
        _models.Dispose();
    }

    static Device Initialize(InferenceOptions options)
    {
        try
        {
            set_num_threads(options.Threads);
            return device(options.Device);
        }
        catch (Exception exception) when (exception is InvalidOperationException or TypeInitializationException or DllNotFoundException or NotSupportedException)
        {
            throw new PredictionException(
                $"The device `{options.Device}` cannot be used here. {(options.Device == "cpu" ? "libtorch does not load" : "It takes a build with -p:TorchBackend=cuda, and a GPU with its driver")}.",
                exception);
        }
    }

    static T Explain<T>(Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception exception) when (exception is ModelException or AdapterException or CheckpointException)
        {
            throw new PredictionException(exception.Message, exception);
        }
    }

    IReadOnlyList<ModuleInfo> Draw(PredictionInput input, long seed)
    {
        var (modules, errors) = ModuleDraw.Draw(input, _catalog, seed);
        return errors.Count == 0 ? modules : throw new PredictionException($"{errors[0].Field}: {errors[0].Message}");
    }

    LeasedCache<BaseModel>.Lease RentModel(string id, IPredictionProgress progress)
    {
        if (_folders.Find(id) is not { } folder)
        {
            throw new PredictionException($"The base model `{id}` is not here; put its Hugging Face folder into the models folder as {id}.");
        }

        using var phase = Phase.Begin("model", _time);
        return _models.Rent(Key(folder), () =>
        {
            var start = _time.GetTimestamp();
            var model = Load(id, folder);
            progress.Log($"Loaded the base model {id}: {model.Model.Parameters:N0} parameters, {model.Model.ComputeType} on {_device.Value}, {_time.GetElapsedTime(start).TotalSeconds:0.00} s");
            return model;
        });
    }

    // What changed on disk is another thing.
    static string Key(string folder) => $"{folder}|{FolderModuleCatalog.Stamp(folder)}";

    BaseModel Load(string id, string folder)
    {
        try
        {
            var tokenizer = T5Tokenizer.Load(folder); // first: when it fails there is no model to dispose
            return new BaseModel(id, T5Model.Load(folder, _device.Value, parameters => Precisions.Choose(_precision, parameters, _device.Value)), tokenizer);
        }
        catch (Exception exception) when (exception is ModelException or CheckpointException or InvalidDataException or FileNotFoundException)
        {
            throw new PredictionException($"The base model `{id}` cannot be used: {exception.Message}", exception);
        }
    }

    RentedModules RentModules(IReadOnlyList<ModuleInfo> infos, bool isProbed, BaseModel model, IPredictionProgress progress, CancellationToken cancellationToken)
    {
        using var phase = Phase.Begin("modules", _time);
        var rented = new RentedModules();
        try
        {
            var start = _time.GetTimestamp();
            progress.Log(isProbed ? $"Trying {infos.Count} LoRA modules:" : $"Composing {infos.Count} LoRA modules:");
            foreach (var info in infos)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var module = rented.Add(Rent(info, model));
                progress.Log($"  {info.Id} (r {info.Rank}, sha256 {module.Digest[..12]})");
            }

            progress.Compose([.. rented.Values.Select(module => new ModuleUse(module.Info.Id, module.Digest))]);
            progress.Log($"Loaded the modules: {_time.GetElapsedTime(start).TotalSeconds:0.00} s");
            return rented;
        }
        catch
        {
            rented.Dispose();
            throw;
        }
    }

    LeasedCache<LoraModule>.Lease Rent(ModuleInfo info, BaseModel model)
    {
        try
        {
            return _modules.Rent($"{Key(info.Folder)}|{Key(model.Model.Folder)}", () => LoraModule.Load(info, model.Model));
        }
        catch (Exception exception) when (exception is AdapterException or CheckpointException)
        {
            throw new PredictionException($"The module `{info.Id}` cannot be used: {exception.Message}", exception);
        }
    }

    /// <summary>The modules of one prediction, held until disposed.</summary>
    sealed class RentedModules : IDisposable
    {
        readonly List<LeasedCache<LoraModule>.Lease> _leases = [];

        public IReadOnlyList<LoraModule> Values => [.. _leases.Select(lease => lease.Value)];

        public LoraModule Add(LeasedCache<LoraModule>.Lease lease)
        {
            _leases.Add(lease);
            return lease.Value;
        }

        public void Dispose() => _leases.ForEach(lease => lease.Dispose());
    }
}
