using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Telemetry;
using LoraHub.Formats.Adapters;
using LoraHub.Formats.ModelConfig;
using LoraHub.Formats.Tensors;
using LoraHub.Inference.Adaptation;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;
using LoraHub.Inference.Results;
using LoraHub.Inference.T5;
using LoraHub.Inference.Tokenization;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Ranking;
using LoraHub.Modules.Versions;

using static TorchSharp.torch;

namespace LoraHub.Inference.Predictions;

/// <summary>
/// LoraHub (arXiv 2307.13269): composes modules into the adapter with the lowest loss on the few-shot examples. Caches models and modules
/// between predictions; owns them.
/// </summary>
public sealed class LoraHubPredictor : IPredictor, IDisposable
{
    readonly BaseModels _bases;
    readonly ModuleLibrary _library;
    readonly TimeProvider _time;
    readonly Lazy<Device> _device;
    readonly Precision _precision;
    readonly int _textTokens;
    readonly LeasedCache<BaseModel> _models;
    readonly LeasedCache<LoraModule> _modules;
    readonly ProbeCache _probes = new();

    public LoraHubPredictor(InferenceOptions options, BaseModels bases, ModuleLibrary library, TimeProvider time, LimitsOptions? limits = null)
    {
        (_bases, _library, _time, _precision) = (bases, library, time, options.Precision);
        _textTokens = (limits ?? new LimitsOptions()).TextTokens;
        _device = new Lazy<Device>(() => Initialize(options));
        _models = new LeasedCache<BaseModel>(Instruments.ModelCache, options.ModelCacheBytes, model => model.Model.Bytes);
        _modules = new LeasedCache<LoraModule>(Instruments.ModuleCache, options.ModuleCacheBytes, module => module.Bytes);
    }

    public void Prepare(IPredictionProgress progress, CancellationToken cancellationToken) =>
        WrapErrors(() =>
        {
            RentModel(_bases.DefaultId, progress).Dispose();
            return true;
        });

    public PredictionResult Predict(CompositionPlan plan, string folder, IPredictionProgress progress, CancellationToken cancellationToken) =>
        WrapErrors(() =>
        {
            using var noGrad = no_grad();
            using var scope = NewDisposeScope();
            progress.Log($"Using seed: {plan.Seed}");
            if (plan.Input.Adapter is not null)
            {
                return PredictAgain(plan, folder, progress, cancellationToken);
            }

            var infos = plan.Modules.Select(Find).ToArray();
            using var model = RentModel(infos[0].BaseModel, progress);
            var isProbed = plan.Input is { ModuleSelection: ModuleSelection.Probe, Weights: null };
            using var modules = RentModules(infos, isProbed, model.Value, progress, cancellationToken);
            var planned = modules.Values;
            var loaded = new LoadedPlan(
                plan, model.Value, planned, input => SelectAgain(input, plan.Seed, planned, info => modules.Add(Rent(info, model.Value))));
            using var run = new PredictionRun(loaded, _probes, _textTokens, _time, progress, cancellationToken);
            return run.Run(folder);
        });

    /// <summary>Uses an earlier result. It is loaded for this prediction alone: its folder is the prediction's own.</summary>
    PredictionResult PredictAgain(CompositionPlan plan, string folder, IPredictionProgress progress, CancellationToken cancellationToken)
    {
        var info = ReusedAdapter.Extract(folder, plan.Input.Adapter!);
        using var model = RentModel(info.BaseModel, progress);
        using var adapter = LoraModule.Load(info, model.Value.Model);
        progress.Log($"Using the adapter {info.Id} (r {adapter.Layout.Rank}).");
        var loaded = new LoadedPlan(plan, model.Value, [adapter], _ => [adapter]);
        using var run = new PredictionRun(loaded, _probes, _textTokens, _time, progress, cancellationToken);
        return run.Run(folder);
    }

    public Task GenerateAsync(GenerationPlan plan, IPredictionProgress progress, CancellationToken cancellationToken) =>
        throw new NotSupportedException();

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
            var chosen = device(options.Device);
            return chosen.type != TorchSharp.DeviceType.CUDA || Math.Max(chosen.index, 0) < cuda.device_count()
                ? chosen
                : throw new NotSupportedException("There is no such GPU.");
        }
        catch (Exception exception) when (
            exception is InvalidOperationException or TypeInitializationException or DllNotFoundException or NotSupportedException)
        {
            throw new PredictionException(
                options.Device == "cpu"
                    ? "The device `cpu` is unavailable: libtorch could not be loaded."
                    : $"The device `{options.Device}` is unavailable: it requires a build with -p:TorchBackend=cuda and such a GPU with its driver; "
                        + "set Inference:Device to `cpu` to run without one.",
                exception);
        }
    }

    static T WrapErrors<T>(Func<T> work)
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

    /// <summary>Finds the planned version, even when the module has a newer one.</summary>
    ModuleVersion Find(ModuleUse use) => _library.Find(new ModuleReference(use.Id, use.Digest)) switch
    {
        null => throw new PredictionException(
            $"The module `{use.Id}` was changed or removed after the prediction was created, and its version {use.Digest[..12]} is not kept; "
            + "create the prediction again."),
        { Problem: { } problem } => throw new PredictionException($"The module `{use.Id}` cannot be used: {problem}"),
        var found => found,
    };

    /// <summary>Selects modules as the planner does, where that depends on the examples; else returns the planned ones.</summary>
    IReadOnlyList<LoraModule> SelectAgain(
        PredictionInput input, long seed, IReadOnlyList<LoraModule> planned, Func<ModuleVersion, LoraModule> load)
    {
        switch (input)
        {
            // A probe's candidates are the whole pool; only their order depends on the examples.
            case { Modules: null, ModuleSelection: ModuleSelection.Probe }:
                var ranked = ModuleRanking.Rank(input.ExampleInputs, input.ExampleOutputs, [.. planned.Select(module => module.Info)]);
                return [.. ranked.Select(one => planned.First(module => module.Info.Id == one.Module.Id))];
            case { Modules: null, ModuleSelection: ModuleSelection.Similar }:
                var (versions, errors) = ModuleSelector.Select(input, _library, seed);
                return errors is [var error, ..]
                    ? throw new PredictionException($"leave_one_out cannot select modules again: {error.Message}")
                    : [.. versions.Select(version => planned.FirstOrDefault(module => module.Info == version) ?? load(version))];
            default:
                return planned;
        }
    }

    LeasedCache<BaseModel>.Lease RentModel(string id, IPredictionProgress progress)
    {
        if (_bases.Find(id) is not { } folder)
        {
            throw new PredictionException(
                $"The base model `{id}` was not found; run `lorahub models pull {id}`, "
                + $"or put its Hugging Face folder into the models folder as {id}.");
        }

        using var phase = Phase.Begin("model", _time);
        return _models.Rent(Key(folder), () =>
        {
            var start = _time.GetTimestamp();
            var model = Load(id, folder);
            var seconds = _time.GetElapsedTime(start).TotalSeconds;
            progress.Log(
                $"Loaded the base model {id}: {model.Model.Parameters:N0} parameters, "
                + $"{model.Model.ComputeType} on {_device.Value}, {seconds:0.00} s");
            return model;
        });
    }

    // The stamp changes with the files, so a changed folder is loaded again.
    static string Key(string folder) => $"{folder}|{BaseModels.Stamp(folder)}";

    BaseModel Load(string id, string folder)
    {
        try
        {
            var tokenizer = T5Tokenizer.Load(folder); // first: if it fails, there is no model to dispose
            var model = T5Model.Load(folder, _device.Value, parameters => Precisions.Choose(_precision, parameters, _device.Value));
            return new BaseModel(id, model, tokenizer);
        }
        catch (Exception exception) when (exception is ModelException or CheckpointException or InvalidDataException or FileNotFoundException)
        {
            throw new PredictionException($"The base model `{id}` cannot be used: {exception.Message}", exception);
        }
    }

    RentedModules RentModules(
        ModuleVersion[] infos, bool isProbed, BaseModel model, IPredictionProgress progress, CancellationToken cancellationToken)
    {
        using var phase = Phase.Begin("modules", _time);
        var rented = new RentedModules();
        try
        {
            var start = _time.GetTimestamp();
            progress.Log(isProbed ? $"Trying {infos.Length} LoRA modules:" : $"Composing {infos.Length} LoRA modules:");
            foreach (var info in infos)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var module = rented.Add(Rent(info, model));
                progress.Log($"  {info.Id} (r {info.Rank}, sha256 {module.Digest[..12]})");
            }

            progress.Log($"Loaded the modules: {_time.GetElapsedTime(start).TotalSeconds:0.00} s");
            return rented;
        }
        catch
        {
            rented.Dispose();
            throw;
        }
    }

    LeasedCache<LoraModule>.Lease Rent(ModuleVersion info, BaseModel model)
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

    /// <summary>The leases on the modules of one prediction.</summary>
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
