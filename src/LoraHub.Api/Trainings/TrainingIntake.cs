using LoraHub.Api.Predictions;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Trainings;
using LoraHub.Inference.Adaptation;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Trainings;

/// <summary>A request to create a training.</summary>
/// <param name="Prediction">Its inputs and the model to train.</param>
/// <param name="Destination">Where the new version goes; the caller has checked that it may.</param>
/// <param name="DataPath">A file on this machine, which stands in place of the input <c>train_data</c>; or null.</param>
sealed record TrainingRequest(PredictionRequest Prediction, TrainingDestination Destination, string? DataPath = null);

/// <summary>Validates and stores new trainings, through the intake of all predictions.</summary>
sealed class TrainingIntake(
    PredictionIntake intake, TrainingData data, TrainingStart starts, ModuleLibrary library, IOptions<LimitsOptions> limits)
{
    /// <inheritdoc cref="PredictionIntake.CreateAsync(PredictionRequest, CancellationToken)"/>
    public Task<IntakeResult> CreateAsync(TrainingRequest request, CancellationToken cancellationToken) => intake.CreateAsync(
        request.Prediction with { IsTraining = true },
        async known =>
        {
            try
            {
                var inputs = new TrainingInputs(request, known, limits.Value.InputLines);
                return (await PlanAsync(inputs, request.Destination, cancellationToken), []);
            }
            catch (InputsRefusedException exception)
            {
                return (null, exception.Errors);
            }
        },
        cancellationToken);

    /// <summary>Checks a training without creating it. Data to tune on is not read (see <see cref="TrainingData"/>).</summary>
    /// <returns>The plan without its data, or null and at least one error.</returns>
    public async Task<(TrainingPlan? Plan, IReadOnlyList<InputError> Errors)> CheckAsync(TrainingRequest request, CancellationToken cancellationToken)
    {
        try
        {
            var inputs = new TrainingInputs(request, TrainingSchema.Fields.Known(request.Prediction.Input), limits.Value.InputLines);
            return (await DraftAsync(inputs, request.Destination, cancellationToken), []);
        }
        catch (InputsRefusedException exception)
        {
            return (null, exception.Errors);
        }
    }

    async Task<PredictionPlan> PlanAsync(TrainingInputs inputs, TrainingDestination destination, CancellationToken cancellationToken)
    {
        var draft = await DraftAsync(inputs, destination, cancellationToken);
        var isTuned = draft.Input.Tuning is not null;
        return draft with
        {
            Data = isTuned ? await StoreAsync(inputs, cancellationToken) : null,
            ValidationData = isTuned && inputs.Has(TrainingSchema.ValidationData)
                ? await StoreAsync(inputs, TrainingSchema.ValidationData, cancellationToken)
                : null,
        };
    }

    /// <summary>The plan without its data.</summary>
    async Task<TrainingPlan> DraftAsync(TrainingInputs inputs, TrainingDestination destination, CancellationToken cancellationToken)
    {
        var input = inputs.Parse();
        CheckExamples(inputs, input.Type);
        var (baseModel, start) = await starts.FindAsync(
            inputs.Model, input.Type == TrainingType.Tune ? inputs.Text(TrainingSchema.InitFrom) : null, cancellationToken);
        var composition = input.Type == TrainingType.Tune ? null : await ComposeAsync(inputs, cancellationToken);
        var seed = composition?.Seed ?? inputs.ParseComposition().Seed ?? PredictionPlanner.NewSeed();
        return new TrainingPlan(
            input,
            composition is null ? baseModel : BaseOf(composition) ?? baseModel,
            composition,
            start,
            Data: null,
            ValidationData: null,
            destination,
            seed)
        {
            Warnings = inputs.Warnings(input.Type, startsFromLora: input.Tuning is not null && (start ?? (object?)composition) is not null),
        };
    }

    string? BaseOf(CompositionPlan composition) => composition.Modules
        .Select(use => library.Find(new ModuleReference(use.Id, use.Digest))?.BaseModel).FirstOrDefault(found => found is not null);

    /// <summary>Examples come as data or as the composer's inputs; only a training of two steps takes both, one for each.</summary>
    static void CheckExamples(TrainingInputs inputs, TrainingType type)
    {
        if (!inputs.HasData && !inputs.HasExamples && (type != TrainingType.Compose || !inputs.Has(InputSchema.ModuleWeights)))
        {
            throw new InputsRefusedException(
                TrainingSchema.TrainData,
                $"Give the data, or {InputSchema.ExampleInputs} and {InputSchema.ExampleOutputs}.",
                InputErrorKind.Required);
        }

        if (inputs.HasData && inputs.HasExamples && type != TrainingType.ComposeAndTune)
        {
            throw new InputsRefusedException(
                TrainingSchema.TrainData,
                $"Give this or {InputSchema.ExampleInputs}, not both; only `{TrainingSchema.ComposeAndTune}` uses both: the examples to compose, "
                + "and the data to tune.");
        }
    }

    async Task<CompositionPlan> ComposeAsync(TrainingInputs inputs, CancellationToken cancellationToken)
    {
        var examples = !inputs.HasData || inputs.HasExamples ? null : await inputs.ReadAsync(
            TrainingSchema.TrainData, source => data.ReadAsync(source, limits.Value.InputLines, limits.Value.InputBytes, cancellationToken));
        var (plan, errors) = await intake.PlanAsync(inputs.ParseComposition(examples), cancellationToken);
        return plan ?? throw new InputsRefusedException(errors);
    }

    /// <summary>Stores the data to tune on.</summary>
    /// <returns>The digest of the blob.</returns>
    Task<string> StoreAsync(TrainingInputs inputs, CancellationToken cancellationToken)
    {
        if (inputs.HasData)
        {
            return StoreAsync(inputs, TrainingSchema.TrainData, cancellationToken);
        }

        var given = inputs.ParseComposition();
        var examples = given.ExampleInputs.Zip(given.ExampleOutputs, (input, target) => new TrainingExample(input, target));
        return data.StoreAsync(examples, cancellationToken);
    }

    Task<string> StoreAsync(TrainingInputs inputs, string field, CancellationToken cancellationToken) =>
        inputs.ReadAsync(field, source => data.StoreAsync(source, cancellationToken));
}
