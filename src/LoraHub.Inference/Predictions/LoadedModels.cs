using LoraHub.Core.Predictions;
using LoraHub.Core.Telemetry;
using LoraHub.Formats.Adapters;
using LoraHub.Formats.ModelConfig;
using LoraHub.Formats.Tensors;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;
using LoraHub.Inference.T5;
using LoraHub.Inference.Tokenization;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;

using static TorchSharp.torch;

namespace LoraHub.Inference.Predictions;

/// <summary>Base models and modules in memory: loaded when they are needed, kept between predictions. Owns them. Safe for several threads.</summary>
sealed class LoadedModels : IDisposable
{
    readonly BaseModels _bases;
    readonly ModuleLibrary _library;
    readonly TimeProvider _time;
    readonly Lazy<Device> _device;
    readonly Precision _precision;
    readonly DecodingPrecision _decoding;
    readonly LeasedCache<BaseModel> _models;
    readonly LeasedCache<LoraModule> _modules;

    public LoadedModels(InferenceOptions options, BaseModels bases, ModuleLibrary library, TimeProvider time)
    {
        (_bases, _library, _time, _precision, _decoding) = (bases, library, time, options.Precision, options.Decoding);
        _device = new Lazy<Device>(() => Initialize(options));
        _models = new LeasedCache<BaseModel>(Instruments.ModelCache, options.ModelCacheBytes, model => model.Model.Bytes);
        _modules = new LeasedCache<LoraModule>(Instruments.ModuleCache, options.ModuleCacheBytes, module => module.Bytes);
    }

    /// <summary>Whether what is in use alone is more than the limits of memory.</summary>
    public bool IsOverLimit => _models.IsOverLimit || _modules.IsOverLimit;

    /// <summary>Finds the planned version, even when the module has a newer one.</summary>
    /// <exception cref="PredictionException">It is gone, or cannot be used.</exception>
    public ModuleVersion Find(ModuleUse use) => _library.Find(new ModuleReference(use.Id, use.Digest)) switch
    {
        null => throw new PredictionException(
            $"The module `{use.Id}` was changed or removed after the prediction was created, and its version {use.Digest[..12]} is not kept; "
            + "create the prediction again."),
        { Problem: { } problem } => throw new PredictionException($"The module `{use.Id}` cannot be used: {problem}"),
        var found => found,
    };

    /// <param name="progress">Hears of a model that was loaded.</param>
    /// <exception cref="PredictionException">It is missing, or cannot be used.</exception>
    public LeasedCache<BaseModel>.Lease RentModel(string id, IPredictionProgress progress)
    {
        if (_bases.Find(id) is not { } folder)
        {
            throw new PredictionException(
                $"The base model `{id}` was not found; run `lorahub models pull {id}`, "
                + $"or put its Hugging Face folder into the models folder as {id}.");
        }

        using var phase = Phase.Begin("model", _time);
        var key = Key(folder);
        return _models.Rent(key, () =>
        {
            var start = _time.GetTimestamp();
            var model = Load(id, folder, key);
            var seconds = _time.GetElapsedTime(start).TotalSeconds;
            progress.Log(
                $"Loaded the base model {id}: {model.Model.Parameters:N0} parameters, "
                + $"{model.Model.ComputeType} on {_device.Value}, {seconds:0.00} s");
            if (model.Model.RoundedBytes is > 0 and var bytes)
            {
                progress.Log($"Answers are decoded in int8, which takes {bytes / 1e6:0} MB more.");
            }

            return model;
        });
    }

    /// <exception cref="PredictionException">It cannot be used.</exception>
    public LeasedCache<LoraModule>.Lease RentModule(ModuleVersion info, BaseModel model)
    {
        try
        {
            return _modules.Rent($"{Key(info.Folder)}|{model.Key}", () => LoraModule.Load(info, model.Model));
        }
        catch (Exception exception) when (exception is AdapterException or CheckpointException)
        {
            throw new PredictionException($"The module `{info.Id}` cannot be used: {exception.Message}", exception);
        }
    }

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

    // The stamp changes with the files, so a changed folder is loaded again.
    static string Key(string folder) => $"{folder}|{BaseModels.Stamp(folder)}";

    BaseModel Load(string id, string folder, string key)
    {
        try
        {
            var tokenizer = T5Tokenizer.Load(folder); // first: if it fails, there is no model to dispose
            var model = T5Model.Load(
                folder, _device.Value, parameters => Precisions.Choose(_precision, parameters, _device.Value),
                _decoding == DecodingPrecision.Int8);
            return new BaseModel(id, model, tokenizer) { Key = key };
        }
        catch (Exception exception) when (exception is ModelException or CheckpointException or InvalidDataException or FileNotFoundException)
        {
            throw new PredictionException($"The base model `{id}` cannot be used: {exception.Message}", exception);
        }
    }
}
