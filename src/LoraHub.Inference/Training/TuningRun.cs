using System.Globalization;

using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Trainings;
using LoraHub.Inference.Gradients;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;
using LoraHub.Inference.Results;

using static TorchSharp.torch;

namespace LoraHub.Inference.Training;

/// <summary>A training by gradient with its models in memory.</summary>
/// <param name="Base">Borrowed.</param>
/// <param name="Factors">Those to train; borrowed.</param>
/// <param name="Start">See <see cref="TuningReport.Start"/>.</param>
sealed record LoadedTuning(TrainingPlan Plan, BaseModel Base, LoraFactors Factors, string? Start);

/// <summary>One training from loaded models to files. Runs on one thread, inside the caller's dispose scope.</summary>
sealed class TuningRun : IDisposable
{
    /// <summary>After a checkpoint could not be stored.</summary>
    static readonly TimeSpan CheckpointRetry = TimeSpan.FromMinutes(1);

    readonly LoadedTuning _tuning;
    readonly string _folder;
    readonly ITuningCheckpoints _checkpoints;
    readonly TimeProvider _time;
    readonly IPredictionProgress _progress;
    readonly CancellationToken _cancellationToken;
    readonly TuningData _data;
    readonly ValidationLines _validation;
    readonly TuningState _state;
    readonly TuningSteps _steps;
    readonly int _total, _validationInterval;
    long? _checkpointFailed;

    /// <param name="folder">See <see cref="IPredictor.Tune"/>.</param>
    public TuningRun(
        LoadedTuning tuning, string folder, ITuningCheckpoints checkpoints, TimeProvider time, IPredictionProgress progress,
        CancellationToken cancellationToken)
    {
        (_tuning, _folder, _checkpoints, _time, _progress, _cancellationToken) = (tuning, folder, checkpoints, time, progress, cancellationToken);
        _data = new TuningData(folder, tuning.Plan, tuning.Base);
        _validation = new ValidationLines(tuning.Base, _data, cancellationToken);
        BatchSize = Math.Min(Settings.BatchSize, _data.Training.Length);
        var epoch = Math.Max(1, (int)Math.Ceiling(_data.Training.Length / (double)BatchSize));
        _total = Settings.Steps ?? (int)Math.Clamp(Math.Ceiling(Settings.Epochs!.Value * _data.Training.Length / BatchSize), 1, int.MaxValue);
        _validationInterval = Math.Min(epoch, (_total + 9) / 10);
        _state = new TuningState(
            tuning.Factors, Settings, $"{tuning.Plan.Seed} {tuning.Plan.BaseModel} {tuning.Start} {_data.Digest} {_data.ValidationDigest}");
        _steps = new TuningSteps(tuning, _data, BatchSize);
    }

    int BatchSize { get; }

    TuningSettings Settings => _tuning.Plan.Input.Tuning!;

    /// <exception cref="PredictionException">A loss or a gradient was not finite.</exception>
    /// <exception cref="OperationCanceledException">Canceled; a checkpoint was kept.</exception>
    public PredictionResult Run()
    {
        LogPlan();
        Resume();
        try
        {
            Train();
        }
        catch (OperationCanceledException)
        {
            SaveCheckpoint();
            throw;
        }

        return Finish();
    }

    public void Dispose()
    {
        _steps.Dispose();
        _state.Dispose();
        _data.Dispose();
    }

    bool IsStopped => Settings.EarlyStopping > 0 && _state.Curve.SinceBest >= Settings.EarlyStopping;

    void LogPlan()
    {
        var layout = _tuning.Factors.Layout;
        _progress.Log(
            $"Training {_tuning.Factors.Trained.numel():N0} numbers of {layout.Slots.Count} layers (r {layout.Rank}), "
            + $"from {_tuning.Start ?? "a new LoRA"}.");
        _progress.Log($"Data: {_data.Training.Length:N0} examples to train on, {_data.Validation.Length:N0} to validate on.");
        _progress.Log($"Steps: {_total:N0} of {BatchSize} examples.");
        _progress.Log($"Memory of a step, beside the model: at most {_steps.Bound / 1e9:0.00} GB.");
    }

    void Resume()
    {
        using var stream = _checkpoints.Open();
        if (stream is null)
        {
            return;
        }

        var file = Path.Combine(_folder, "checkpoint.safetensors");
        using (var copy = File.Create(file))
        {
            stream.CopyTo(copy);
        }

        _progress.Log(_state.Read(file)
            ? $"Continuing after step {_state.Steps:N0} of {_total:N0}."
            : "The checkpoint does not belong to this training or cannot be read: starting from the beginning.");
        File.Delete(file);
    }

    void Train()
    {
        var rates = new LearningRates(Settings.LearningRate, Settings.Schedule, Settings.Warmup, _total);
        var log = new TuningLog(_total, _time, _progress);
        while (_state.Steps < _total && !IsStopped)
        {
            _cancellationToken.ThrowIfCancellationRequested();
            var start = _time.GetTimestamp();
            Step(rates.Of(_state.Steps));
            _state.Seconds += _time.GetElapsedTime(start).TotalSeconds;
            log.Stepped(_state);
            if (_checkpoints.IsDue)
            {
                SaveCheckpoint();
            }
        }
    }

    void Step(double rate)
    {
        var (loss, step) = (_steps.Backward(_state, _cancellationToken), _state.Steps + 1);
        var norm = double.IsFinite(loss) ? _state.Optimizer.Step(_tuning.Factors.Gradient, rate, step) : double.NaN;
        if (!double.IsFinite(norm))
        {
            throw NotFinite(double.IsFinite(loss) ? "gradient" : "loss", step);
        }

        var isDue = !_validation.IsEmpty && (step % _validationInterval == 0 || step == _total);
        using var scope = NewDisposeScope();
        double? validation = isDue ? _validation.Loss(_tuning.Factors.ToLayers(_tuning.Base.Model.ComputeType)) : null;
        if (_state.Curve.Add(new TuningStep(step, loss, rate, norm, validation)) && Settings.EarlyStopping > 0)
        {
            _state.KeepBest();
        }
    }

    PredictionException NotFinite(string what, int step) => new(
        $"Step {step}: the {what} is not finite, so no version was made. "
        + $"Lower {TrainingSchema.LearningRate} (it is {Settings.LearningRate.ToString(CultureInfo.InvariantCulture)}) "
        + $"or raise {TrainingSchema.Warmup}.");

    void SaveCheckpoint()
    {
        if (_checkpointFailed is { } failed && _time.GetElapsedTime(failed) < CheckpointRetry)
        {
            return;
        }

        try
        {
            _checkpoints.Save(_state.Write);
            _checkpointFailed = null;
        }
        catch (StorageUnavailableException exception)
        {
            _checkpointFailed = _time.GetTimestamp();
            _progress.Log($"The checkpoint after step {_state.Steps:N0} could not be stored: {exception.Message}");
        }
    }

    PredictionResult Finish()
    {
        var (curve, taken) = (_state.Curve, _state.Steps);
        if (Settings.EarlyStopping > 0 && curve.Best is { } best)
        {
            _state.TakeBest();
            taken = best.Step;
            _progress.Log(IsStopped
                ? $"Stopped after step {_state.Steps:N0}: no lower validation loss since step {taken:N0}, whose factors are taken."
                : $"Took the factors of step {taken:N0}, which have the lowest validation loss.");
        }

        if (_state.Cut > 0)
        {
            _progress.Log($"Examples that were cut to {Settings.MaxTokens} tokens ({TrainingSchema.MaxTokens}): {_state.Cut:N0}.");
        }

        var (loss, accuracy) = Validate();
        var layout = _tuning.Factors.Layout;
        var adapter = PeftAdapter.Of(layout, _tuning.Factors.Numbers);
        if (!adapter.IsFinite())
        {
            throw NotFinite("factors", _state.Steps);
        }

        string[] targets = [.. layout.Slots.Select(slot => slot.Layer[(slot.Layer.LastIndexOf('.') + 1)..]).Distinct().Order(StringComparer.Ordinal)];
        var report = new TuningReport(
            _tuning.Start, adapter.Rank, adapter.Alpha, targets, _data, _state.Cut, BatchSize, _total, taken, curve, loss, accuracy,
            _validation.Answered);
        return new PredictionResult(
            new PredictionOutput { Loss = loss, Accuracy = accuracy },
            AdapterZip.Write(_folder, _tuning.Base, adapter, TuningCard.Write(_tuning.Plan, report)),
            CheckpointFile: null,
            TuningTrace.Write(_folder, _tuning.Plan, report));
    }

    (LossReport?, AccuracyReport?) Validate()
    {
        if (_validation.IsEmpty)
        {
            return (null, null);
        }

        using var scope = NewDisposeScope();
        var lora = _tuning.Factors.ToLayers(_tuning.Base.Model.ComputeType);
        var loss = new LossReport(_validation.Loss(null), _validation.Loss(lora), _state.Steps);
        var accuracy = _validation.Accuracy(lora);
        _progress.Log($"Validation loss: zero-shot {loss.ZeroShot:0.0000}, adapted {loss.Adapted:0.0000}");
        _progress.Log(
            $"Exact match on the validation examples ({_validation.Answered}): "
            + $"zero-shot {accuracy.ZeroShot:0.0} %, adapted {accuracy.Adapted:0.0} %");
        return (loss, accuracy);
    }
}
