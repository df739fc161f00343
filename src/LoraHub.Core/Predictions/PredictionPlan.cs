using System.Text.Json;
using System.Text.Json.Serialization;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Trainings;

namespace LoraHub.Core.Predictions;

/// <summary>
/// What a worker does for a prediction, fixed when it is created: changes to the pool while the prediction waits do not affect it. It is stored
/// and sent as JSON until the prediction has ended.
/// </summary>
/// <param name="Seed">The input's seed, or the one drawn.</param>
/// <param name="Modules">The versions that it uses.</param>
[JsonConverter(typeof(PlanConverter))]
public abstract record PredictionPlan(long Seed, IReadOnlyList<ModuleUse> Modules)
{
    /// <summary>What the client should know about its request, for the beginning of the log: one line each.</summary>
    public IReadOnlyList<string> Warnings { get; init; } = [];

    /// <summary>Recognizes the type of a plan. The first stored plans had no kind: they are compositions.</summary>
    sealed class PlanConverter : JsonConverter<PredictionPlan>
    {
        public override PredictionPlan? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
        {
            using var plan = JsonDocument.ParseValue(ref reader);
            var kind = plan.RootElement.EnumerateObject()
                .Where(property => property.Name.Equals(nameof(GenerationPlan.Kind), StringComparison.OrdinalIgnoreCase))
                .Select(property => property.Value.GetString()).FirstOrDefault();
            return kind switch
            {
                GenerationPlan.KindWord => plan.Deserialize<GenerationPlan>(options),
                TrainingPlan.KindWord => plan.Deserialize<TrainingPlan>(options),
                _ => plan.Deserialize<CompositionPlan>(options),
            };
        }

        public override void Write(Utf8JsonWriter writer, PredictionPlan value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value, value.GetType(), options);
    }
}

/// <summary>Composes modules (<see cref="PredictionKind.Compose"/>).</summary>
/// <param name="Input">Validated, with defaults filled in.</param>
/// <param name="Seed">See <see cref="PredictionPlan"/>.</param>
/// <param name="Modules">
/// The versions to compose, or the candidates when the examples select modules; in the order of the weights. At least one, unless an adapter is
/// used again.
/// </param>
public sealed record CompositionPlan(PredictionInput Input, long Seed, IReadOnlyList<ModuleUse> Modules) : PredictionPlan(Seed, Modules);

/// <summary>Answers a prompt (<see cref="PredictionKind.Generate"/>).</summary>
/// <param name="Input">Validated, with defaults filled in.</param>
/// <param name="BaseModel">The id of the base model.</param>
/// <param name="Module">The version that adapts it, or null for the base model alone.</param>
/// <param name="Seed">See <see cref="PredictionPlan"/>.</param>
public sealed record GenerationPlan(PromptInput Input, string BaseModel, ModuleUse? Module, long Seed)
    : PredictionPlan(Seed, Module is null ? [] : [Module])
{
    internal const string KindWord = "generate";

    /// <summary>Distinguishes stored plans.</summary>
    public string Kind { get; } = KindWord;
}

/// <summary>Makes a version of a module (<see cref="PredictionKind.Train"/>).</summary>
/// <param name="Input">Validated, with defaults filled in.</param>
/// <param name="BaseModel">The id of the base model.</param>
/// <param name="Composition">The search, unless the training only tunes.</param>
/// <param name="Start">The version to start from, or null.</param>
/// <param name="Data">The blob with the data to tune on (<see cref="TrainingLines"/>), or null.</param>
/// <param name="ValidationData">The blob with the data to validate on, or null.</param>
/// <param name="Destination">Where the new version goes.</param>
/// <param name="Seed">See <see cref="PredictionPlan"/>.</param>
public sealed record TrainingPlan(
    TrainingInput Input,
    string BaseModel,
    CompositionPlan? Composition,
    ModuleUse? Start,
    string? Data,
    string? ValidationData,
    TrainingDestination Destination,
    long Seed)
    : PredictionPlan(Seed, [.. Composition?.Modules ?? [], .. Start is null ? Array.Empty<ModuleUse>() : [Start]])
{
    internal const string KindWord = "train";

    /// <summary>Distinguishes stored plans.</summary>
    public string Kind { get; } = KindWord;
}
