using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Telemetry;
using LoraHub.Core.Trainings;
using LoraHub.Inference.Gradients;
using LoraHub.Inference.Models;
using LoraHub.Inference.T5;

namespace LoraHub.Inference.Training;

/// <summary>The lines to train and to validate on, read and tokenized when they are needed. Owns the open files.</summary>
sealed class TuningData : IDisposable
{
    readonly LineFile _file;
    readonly LineFile? _validationFile;
    readonly BaseModel _model;
    readonly int _maxTokens;

    /// <param name="folder">See <see cref="IPredictor.Tune"/>.</param>
    /// <exception cref="PredictionException">There are too few lines.</exception>
    public TuningData(string folder, TrainingPlan plan, BaseModel model)
    {
        var settings = plan.Input.Tuning!;
        var validationFile = Path.Combine(folder, TrainingLines.ValidationFile);
        (_model, _maxTokens) = (model, settings.MaxTokens);
        _file = LineFile.Open(Path.Combine(folder, TrainingLines.TrainFile));
        _validationFile = File.Exists(validationFile) ? LineFile.Open(validationFile) : null;
        (Training, Validation) = ([.. Enumerable.Range(0, _file.Count)], [.. Enumerable.Range(0, _validationFile?.Count ?? 0)]);
        if (_file.Count == 0)
        {
            throw new PredictionException($"{TrainingSchema.TrainData}: it has no examples; give at least one.");
        }

        if (_validationFile is null && settings.Validation > 0)
        {
            (Training, Validation) = _file.Count > 1
                ? DataOrder.Split(plan.Seed, _file.Count, settings.Validation)
                : throw new PredictionException($"{TrainingSchema.Validation}: one example cannot be divided; give more, or set it to 0.");
        }
    }

    /// <summary>The lines to train on.</summary>
    public int[] Training { get; }

    /// <summary>The lines to validate on; may be empty.</summary>
    public int[] Validation { get; }

    /// <summary>SHA-256 of the training data.</summary>
    public string Digest => _file.Digest;

    /// <summary>SHA-256 of a separate file of validation data, or null.</summary>
    public string? ValidationDigest => _validationFile?.Digest;

    public TuningExample Read(int line) => Tokenize(_file[line], TrainingSchema.TrainData, line);

    public TuningExample ReadValidation(int line) =>
        Tokenize(ValidationText(line), _validationFile is null ? TrainingSchema.TrainData : TrainingSchema.ValidationData, line);

    public TrainingExample ValidationText(int line) => (_validationFile ?? _file)[line];

    public void Dispose()
    {
        _file.Dispose();
        _validationFile?.Dispose();
    }

    TuningExample Tokenize(TrainingExample example, string field, int line)
    {
        var (input, target) = (_model.Tokenizer.Encode(example.Input, _maxTokens), _model.Tokenizer.Encode(example.Target, _maxTokens));
        _model.CheckHasRows(input.Ids, $"{field}, line {line + 1}");
        _model.CheckHasRows(target.Ids, $"{field}, line {line + 1}");
        Instruments.CountInputTokens(input.Ids.Length + target.Ids.Length);
        var pad = _model.Model.Config.PadTokenId;
        return new TuningExample(
            input.Ids, [.. target.Ids.Select(id => id == pad ? TeacherForcing.Ignored : id)], input.IsCut || target.IsCut);
    }
}
