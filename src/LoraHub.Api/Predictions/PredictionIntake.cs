using System.Text.Json.Nodes;
using LoraHub.Core;
using LoraHub.Core.Modules;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Telemetry;
using Microsoft.Extensions.Options;

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

    /// <summary>As many predictions wait or run as may.</summary>
    public sealed record Full : IntakeResult;
}

/// <summary>What a client asks for.</summary>
/// <param name="Input">The request's inputs; those that are not of the schema are dropped at intake and go no further.</param>
/// <param name="Origin">See <see cref="Prediction.Origin"/>.</param>
/// <param name="Capacity">The most predictions that may wait or run, this one included.</param>
sealed record PredictionRequest(JsonObject Input, string Origin, int Capacity)
{
    /// <summary>Scheme and host that the request itself names, where <see cref="Origin"/> is another.</summary>
    public string? SentTo { get; init; }

    /// <summary>The client's own id, or null for a new one.</summary>
    public string? Id { get; init; }

    /// <summary>After how long it is canceled unless it has ended.</summary>
    public TimeSpan? CancelAfter { get; init; }

    public string? Deployment { get; init; }

    public PredictionWebhook? Webhook { get; init; }
}

/// <summary>Takes predictions in: the way is the same for both fronts.</summary>
sealed partial class PredictionIntake(
    IPredictionStore store,
    IModuleCatalog catalog,
    FileInputs files,
    IEnumerable<IPredictionFollower> followers,
    IOptions<QueueOptions> queue,
    TimeProvider time,
    ILogger<PredictionIntake> logger,
    IModuleSource? modules = null)
{
    long _count;

    /// <summary>How many predictions were created since the service started.</summary>
    public long Count => Interlocked.Read(ref _count);

    public async Task<IntakeResult> CreateAsync(PredictionRequest request, CancellationToken cancellationToken)
    {
        var known = InputSchema.Known(request.Input);
        if (await files.ReadAsync(known, [request.Origin, request.SentTo ?? request.Origin], cancellationToken) is { Count: > 0 } unread)
        {
            return new IntakeResult.Invalid(unread);
        }

        if (Check(known) is { Count: > 0 } errors)
        {
            return new IntakeResult.Invalid(errors);
        }

        await (modules?.ShareAsync(cancellationToken) ?? Task.CompletedTask); // its worker may be another process
        var now = Now();
        var prediction = new Prediction
        {
            Id = request.Id ?? PredictionId.New(),
            Input = known,
            Origin = request.Origin,
            CreatedAt = now,
            Deadline = now + request.CancelAfter,
            Deployment = request.Deployment,
            Webhook = request.Webhook,
            Hardware = queue.Value.Hardware,
            TraceParent = Spans.TraceParent,
        };
        switch (await store.CreateAsync(prediction, request.Capacity, cancellationToken))
        {
            case Creation.IdTaken:
                return new IntakeResult.IdTaken();
            case Creation.Full:
                return new IntakeResult.Full();
        }

        Interlocked.Increment(ref _count);
        Instruments.PredictionsCreated.Add(1);
        LogCreated(prediction.Id);
        foreach (var follower in followers)
        {
            follower.Follow(prediction);
        }

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
