using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Telemetry;
using LoraHub.Core.Threading;
using LoraHub.Core.Trainings;
using LoraHub.Formats.Adapters;
using LoraHub.Formats.ModelConfig;
using LoraHub.Formats.Tensors;
using LoraHub.Inference.Adaptation;
using LoraHub.Inference.Generation;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;
using LoraHub.Inference.Results;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using LoraHub.Modules.Ranking;
using LoraHub.Modules.Versions;

using static TorchSharp.torch;

namespace LoraHub.Inference.Predictions;

/// <summary>
/// LoraHub (arXiv 2307.13269): composes modules into the adapter with the lowest loss on the few-shot examples. Answers prompts with one module.
/// Keeps models and modules between predictions; owns them.
/// </summary>
public sealed class LoraHubPredictor : IPredictor, IDisposable
{
    readonly BaseModels _bases;
    readonly ModuleLibrary _library;
    readonly TimeProvider _time;
    readonly int _textTokens;
    readonly LoadedModels _loaded;
    readonly TextGenerator _texts;
    readonly ProbeCache _probes = new();

    public LoraHubPredictor(InferenceOptions options, BaseModels bases, ModuleLibrary library, TimeProvider time, LimitsOptions? limits = null)
    {
        (_bases, _library, _time) = (bases, library, time);
        _textTokens = (limits ?? new LimitsOptions()).TextTokens;
        _loaded = new LoadedModels(options, bases, library, time);
        _texts = new TextGenerator(_textTokens, time);
    }

    public void Prepare(IPredictionProgress progress, CancellationToken cancellationToken) =>
        WrapErrors(() =>
        {
            _loaded.RentModel(_bases.DefaultId, progress).Dispose();
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

            var infos = plan.Modules.Select(_loaded.Find).ToArray();
            using var model = _loaded.RentModel(infos[0].BaseModel, progress);
            if (plan.Input is { ModuleSelection: ModuleSelection.Slopes, Weights: null })
            {
                return PredictBySlopes(plan, infos, model.Value, folder, progress, cancellationToken);
            }

            var isProbed = plan.Input is { ModuleSelection: ModuleSelection.Probe, Weights: null };
            using var modules = RentModules(infos, isProbed, model.Value, progress, cancellationToken);
            var planned = modules.Values;
            var loaded = new LoadedPlan(
                plan, model.Value, planned,
                input => SelectAgain(input, plan.Seed, planned, info => modules.Add(_loaded.RentModule(info, model.Value))));
            using var run = new PredictionRun(loaded, _probes, _textTokens, _time, progress, cancellationToken);
            return run.Run(folder);
        });

    public PredictionResult Tune(
        TrainingPlan plan, string folder, ITuningCheckpoints checkpoints, IPredictionProgress progress, CancellationToken cancellationToken) =>
        WrapErrors(() => new Tuner(_loaded, _time).Tune(plan, folder, checkpoints, progress, cancellationToken));

    public async Task GenerateAsync(GenerationPlan plan, IPredictionProgress progress, CancellationToken cancellationToken)
    {
        var start = _time.GetTimestamp();
        progress.Log($"Using seed: {plan.Seed}");
        using var rented = await OwnThread.RunAsync(() => WrapErrors(() => Rent(plan.BaseModel, plan.Module, progress)), cancellationToken);
        try
        {
            await _texts.AnswerAsync(new LoadedPrompt(plan, rented.Base, rented.Module, start), progress, cancellationToken);
        }
        catch (ModelException exception)
        {
            throw new PredictionException(exception.Message, exception); // its tokenizer cannot be followed for this prompt
        }
    }

    public IDisposable? Keep(string baseModel, ModuleUse? version, IPredictionProgress progress) => WrapErrors(() =>
    {
        var rented = Rent(baseModel, version, progress);
        if (!_loaded.IsOverLimit)
        {
            return rented;
        }

        rented.Dispose();
        return null;
    });

    public void Dispose() => _loaded.Dispose();

    /// <summary>Loads only the modules that the slopes of all keep.</summary>
    PredictionResult PredictBySlopes(
        CompositionPlan plan, ModuleVersion[] infos, BaseModel model, string folder, IPredictionProgress progress,
        CancellationToken cancellationToken)
    {
        var pool = infos.Zip(plan.Modules, (info, use) => (info, use.Digest)).ToArray();
        using var slopes = new SlopeScreen(model, pool, info => _loaded.RentModule(info, model), _probes, cancellationToken);
        var loaded = new LoadedPlan(plan, model, [], _ => []) { Slopes = slopes };
        using var run = new PredictionRun(loaded, _probes, _textTokens, _time, progress, cancellationToken);
        return run.Run(folder);
    }

    /// <summary>Uses an earlier result. It is loaded for this prediction alone: its folder is the prediction's own.</summary>
    PredictionResult PredictAgain(CompositionPlan plan, string folder, IPredictionProgress progress, CancellationToken cancellationToken)
    {
        var info = ReusedAdapter.Extract(folder, plan.Input.Adapter!);
        using var model = _loaded.RentModel(info.BaseModel, progress);
        using var adapter = LoraModule.Load(info, model.Value.Model);
        progress.Log($"Using the adapter {info.Id} (r {adapter.Layout.Rank}).");
        var loaded = new LoadedPlan(plan, model.Value, [adapter], _ => [adapter]);
        using var run = new PredictionRun(loaded, _probes, _textTokens, _time, progress, cancellationToken);
        return run.Run(folder);
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

    RentedPrompt Rent(string baseModel, ModuleUse? module, IPredictionProgress progress)
    {
        using var noGrad = no_grad();
        var model = _loaded.RentModel(baseModel, progress);
        try
        {
            return new RentedPrompt(model, module is { } use ? _loaded.RentModule(_loaded.Find(use), model.Value) : null);
        }
        catch
        {
            model.Dispose();
            throw;
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
                var module = rented.Add(_loaded.RentModule(info, model));
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

    /// <summary>The leases of one prompt, or of what is kept loaded.</summary>
    sealed class RentedPrompt(LeasedCache<BaseModel>.Lease model, LeasedCache<LoraModule>.Lease? module) : IDisposable
    {
        public BaseModel Base => model.Value;

        public LoraModule? Module => module?.Value;

        public void Dispose()
        {
            module?.Dispose();
            model.Dispose();
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
