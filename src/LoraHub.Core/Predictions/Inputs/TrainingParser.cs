using System.Text.Json.Nodes;
using LoraHub.Core.Trainings;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>Parses a training's own inputs, or reports all of their errors. The composer's inputs are parsed by <see cref="InputParser"/>.</summary>
public static class TrainingParser
{
    const double DefaultEpochs = 3;

    /// <returns>The input and no errors, or null and at least one error, ordered by field name.</returns>
    public static (TrainingInput? Input, IReadOnlyList<InputError> Errors) Parse(JsonObject given)
    {
        var reader = new FieldReader(TrainingSchema.OwnFields, given, int.MaxValue);
        var type = reader.Text(TrainingSchema.Type) switch
        {
            TrainingSchema.Tune => TrainingType.Tune,
            TrainingSchema.ComposeAndTune => TrainingType.ComposeAndTune,
            _ => TrainingType.Compose,
        };
        var tuning = Tuning(reader);
        Check(reader, type, tuning);

        return reader.Errors.Count == 0
            ? (new TrainingInput { Type = type, Tuning = type == TrainingType.Compose ? null : tuning }, [])
            : (null, [.. reader.Errors.OrderBy(error => error.Field, StringComparer.Ordinal)]);
    }

    static TuningSettings Tuning(FieldReader reader)
    {
        var rank = (int)(reader.Integer(TrainingSchema.Rank) ?? 0);
        var steps = (int?)reader.Integer(TrainingSchema.Steps);
        var epochs = reader.Number(TrainingSchema.Epochs);
        return new TuningSettings
        {
            Rank = rank,
            Alpha = reader.Number(TrainingSchema.Alpha) ?? 2 * rank,
            TargetModules = reader.Lines(TrainingSchema.TargetModules) ?? [],
            Scope = reader.Text(TrainingSchema.Scope) switch
            {
                "encoder" => TuningScope.Encoder,
                "decoder" => TuningScope.Decoder,
                _ => TuningScope.All,
            },
            LearningRate = reader.Number(TrainingSchema.LearningRate) ?? 0,
            Schedule = reader.Text(TrainingSchema.Schedule) switch
            {
                "constant" => LearningRateSchedule.Constant,
                "cosine" => LearningRateSchedule.Cosine,
                _ => LearningRateSchedule.Linear,
            },
            Epochs = steps is null ? epochs ?? DefaultEpochs : epochs,
            Steps = steps,
            BatchSize = (int)(reader.Integer(TrainingSchema.BatchSize) ?? 1),
            Warmup = (int)(reader.Integer(TrainingSchema.Warmup) ?? 0),
            WeightDecay = reader.Number(TrainingSchema.WeightDecay) ?? 0,
            Dropout = reader.Number(TrainingSchema.Dropout) ?? 0,
            Validation = reader.Number(TrainingSchema.Validation) ?? 0,
            EarlyStopping = (int)(reader.Integer(TrainingSchema.EarlyStopping) ?? 0),
            MaxTokens = (int)(reader.Integer(TrainingSchema.MaxTokens) ?? 1),
        };
    }

    static void Check(FieldReader reader, TrainingType type, TuningSettings tuning)
    {
        if (tuning is { Steps: not null, Epochs: not null } && !reader.Failed(TrainingSchema.Steps, TrainingSchema.Epochs))
        {
            reader.Fail(TrainingSchema.Epochs, $"Give {TrainingSchema.Steps} or {TrainingSchema.Epochs}, not both.");
        }

        if (type != TrainingType.Compose && tuning.TargetModules.Count == 0 && !reader.Failed(TrainingSchema.TargetModules))
        {
            reader.Fail(TrainingSchema.TargetModules, "Name at least one layer, such as `q`.");
        }

        if (tuning.EarlyStopping > 0 && tuning.Validation == 0 && !reader.IsGiven(TrainingSchema.ValidationData)
            && !reader.Failed(TrainingSchema.EarlyStopping, TrainingSchema.Validation))
        {
            reader.Fail(
                TrainingSchema.EarlyStopping,
                $"It needs a validation loss: give {TrainingSchema.Validation} or {TrainingSchema.ValidationData}.");
        }

        if (type == TrainingType.ComposeAndTune && reader.IsGiven(TrainingSchema.InitFrom))
        {
            reader.Fail(TrainingSchema.InitFrom, "`compose_and_tune` starts from the composition; leave this out, or set type to `tune`.");
        }
    }
}
