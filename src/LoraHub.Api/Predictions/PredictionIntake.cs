using System.Text.Json.Nodes;
using LoraHub.Core.Modules;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Api.Predictions;

/// <summary>What became of a request for a prediction.</summary>
abstract record IntakeResult
{
    IntakeResult()
    {
    }

    /// <summary>Stored and waiting for its turn.</summary>
    public sealed record Accepted(Prediction Prediction) : IntakeResult;

    /// <param name="Errors">At least one, in the order of the fields' names.</param>
    public sealed record Invalid(IReadOnlyList<InputError> Errors) : IntakeResult;

    public sealed record IdTaken : IntakeResult;
}

/// <summary>Takes predictions in: the way is the same for both fronts.</summary>
sealed partial class PredictionIntake(IPredictionStore store, IModuleCatalog catalog, TimeProvider time, ILogger<PredictionIntake> logger)
{
    /// <param name="given">The request's inputs; those that are not of the schema are dropped here and go no further.</param>
    /// <param name="id">The client's own id, or null for a new one.</param>
    public async Task<IntakeResult> CreateAsync(JsonObject given, string? id, string origin, CancellationToken cancellationToken)
    {
        var known = InputSchema.Known(given);
        if (Check(known) is { Count: > 0 } errors)
        {
            return new IntakeResult.Invalid(errors);
        }

        var prediction = new Prediction { Id = id ?? PredictionId.New(), Input = known, Origin = origin, CreatedAt = Now() };
        if (!await store.CreateAsync(prediction, cancellationToken))
        {
            return new IntakeResult.IdTaken();
        }

        LogCreated(prediction.Id);
        return new IntakeResult.Accepted(prediction);
    }

    IReadOnlyList<InputError> Check(JsonObject known)
    {
        var (input, errors) = InputParser.Parse(known);
        return input is null ? errors : ModuleDraw.Draw(input, catalog, input.Seed ?? 0).Errors;
    }

    /// <summary>In whole microseconds, as the wire and the databases have it, so that a time given out finds its prediction again.</summary>
    DateTimeOffset Now()
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    [LoggerMessage(LogLevel.Information, "Prediction {PredictionId} was created.")]
    partial void LogCreated(string predictionId);
}
