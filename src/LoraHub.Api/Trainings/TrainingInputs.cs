using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Api.Models;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Trainings;

namespace LoraHub.Api.Trainings;

/// <summary>The inputs of a training cannot be used.</summary>
sealed class InputsRefusedException(IReadOnlyList<InputError> errors) : Exception("Inputs are invalid.")
{
    public InputsRefusedException(string field, string message, InputErrorKind kind = InputErrorKind.Invalid)
        : this([new InputError(field, message, kind)])
    {
    }

    public IReadOnlyList<InputError> Errors => errors;
}

/// <summary>Reads the inputs of a training. Its methods throw <see cref="InputsRefusedException"/>.</summary>
/// <param name="known">The client's inputs that are in the schema.</param>
/// <param name="mostLines">The most examples of a composition.</param>
sealed class TrainingInputs(TrainingRequest request, JsonObject known, int mostLines)
{
    /// <summary>The composer's inputs that a training without a composition uses, too.</summary>
    static readonly string[] OfExamples = [InputSchema.ExampleInputs, InputSchema.ExampleOutputs, InputSchema.Seed];

    static readonly string[] OfReferences = [TrainingSchema.TrainData, TrainingSchema.ValidationData, TrainingSchema.InitFrom];

    /// <summary>Inputs that describe a new LoRA.</summary>
    static readonly string[] OfNewLora = [TrainingSchema.Rank, TrainingSchema.Alpha, TrainingSchema.TargetModules];

    /// <summary>The model to train, or null for the composer.</summary>
    public CallableModel? Model => request.Prediction.Model is { IsComposer: false } model ? model : null;

    public bool HasData => request.DataPath is not null || Has(TrainingSchema.TrainData);

    public bool HasExamples => Has(InputSchema.ExampleInputs);

    public bool Has(string name) => known[name] is not null;

    public string? Text(string name) => known[name] switch
    {
        null => null,
        JsonValue value when value.GetValueKind() == JsonValueKind.String => (string)value!,
        _ => throw new InputsRefusedException(name, "It must be a string.", InputErrorKind.WrongType),
    };

    /// <summary>Parses the training's own inputs. A module or base model is tuned unless the client says otherwise.</summary>
    public TrainingInput Parse()
    {
        var given = known.DeepClone().AsObject();
        if (Model is not null)
        {
            given[TrainingSchema.Type] ??= TrainingSchema.Tune;
        }

        _ = OfReferences.Select(Text).ToArray(); // the parser leaves them to their readers, of which not all types of training have all
        var (input, errors) = TrainingParser.Parse(given);
        return input is null ? throw new InputsRefusedException(errors)
            : Model is not null && input.Type != TrainingType.Tune
                ? throw new InputsRefusedException(
                    TrainingSchema.Type, $"`{Model.Name}` can only be tuned; to compose modules, train the composer.", InputErrorKind.NotAChoice)
            : input;
    }

    /// <summary>Parses the composer's inputs, also those that have no effect.</summary>
    /// <param name="examples">The examples, in place of those in the inputs; or null.</param>
    public PredictionInput ParseComposition(IReadOnlyList<TrainingExample>? examples = null)
    {
        var given = known.DeepClone().AsObject();
        if (examples is not null)
        {
            given[InputSchema.ExampleInputs] = new JsonArray([.. examples.Select(example => (JsonNode)example.Input)]);
            given[InputSchema.ExampleOutputs] = new JsonArray([.. examples.Select(example => (JsonNode)example.Target)]);
        }

        var (input, errors) = InputParser.Parse(given, mostLines);
        return input ?? throw new InputsRefusedException(errors);
    }

    /// <summary>Reads the data of an input.</summary>
    public async Task<T> ReadAsync<T>(string field, Func<DataSource, Task<T>> read)
    {
        var path = field == TrainingSchema.TrainData ? request.DataPath : null;
        try
        {
            return await read(new DataSource(Text(field) ?? "", request.Prediction.Origins) { Path = path });
        }
        catch (TrainingDataException exception)
        {
            throw new InputsRefusedException(
                field, exception.Message, exception.IsTooLarge ? InputErrorKind.OverBudget : InputErrorKind.Invalid);
        }
    }

    /// <summary>Lines for the log about inputs without effect, which a client gave by mistake.</summary>
    /// <param name="startsFromLora">Whether it starts from a module or a composition.</param>
    public IReadOnlyList<string> Warnings(TrainingType type, bool startsFromLora)
    {
        var unused = type switch
        {
            TrainingType.Compose => TrainingSchema.OwnFields.Select(field => field.Name).Except([TrainingSchema.Type, TrainingSchema.TrainData]),
            TrainingType.Tune => TrainingSchema.Fields.Except(TrainingSchema.OwnFields).Select(field => field.Name).Except(OfExamples),
            _ => [],
        };
        var word = JsonNamingPolicy.SnakeCaseLower.ConvertName($"{type}");
        return
        [
            .. unused.Where(Has).Select(name => $"Warning: ignored `{name}`. It has no effect when `{TrainingSchema.Type}` is `{word}`."),
            .. OfNewLora.Where(name => startsFromLora && Has(name))
                .Select(name => $"Warning: ignored `{name}`. The training starts from a LoRA, whose shape it keeps."),
        ];
    }
}
