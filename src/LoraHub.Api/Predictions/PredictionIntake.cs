using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using LoraHub.Api.Models;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Telemetry;
using LoraHub.Inference.Adaptation;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Predictions;

/// <summary>The result of <see cref="PredictionIntake.CreateAsync(PredictionRequest, CancellationToken)"/>.</summary>
abstract record IntakeResult
{
    IntakeResult()
    {
    }

    /// <summary>The prediction is stored and queued.</summary>
    public sealed record Accepted(Prediction Prediction) : IntakeResult;

    /// <param name="Errors">At least one error, ordered by field name.</param>
    public sealed record Invalid(IReadOnlyList<InputError> Errors) : IntakeResult;

    /// <param name="Reason">Which limit the inputs exceed.</param>
    public sealed record TooLarge(string Reason) : IntakeResult;

    public sealed record IdTaken : IntakeResult;

    /// <summary>The limit of waiting and running predictions is reached.</summary>
    public sealed record Full : IntakeResult;
}

/// <summary>A request to create a prediction.</summary>
/// <param name="Input">The request's inputs. Inputs that are not in the schema are dropped.</param>
/// <param name="Origin">See <see cref="CreatedPrediction.Origin"/>.</param>
/// <param name="Capacity">The maximum number of waiting and running predictions, including this one.</param>
sealed record PredictionRequest(JsonObject Input, string Origin, int Capacity)
{
    /// <summary>The model to call, which can be called; null for the composer.</summary>
    public CallableModel? Model { get; init; }

    /// <summary>Whether it asks for a training of the model.</summary>
    public bool IsTraining { get; init; }

    /// <summary>The inputs that it may have, in order.</summary>
    public IReadOnlyList<InputField> Fields => IsTraining ? TrainingSchema.Fields : Model?.Fields ?? InputSchema.Fields;

    /// <summary>What the request gave that no input takes.</summary>
    public IgnoredInputs Ignored { get; init; } = IgnoredInputs.None;

    /// <summary>Whether a request is refused that gives no input but ignored ones; otherwise it runs on the defaults, as Cog does.</summary>
    public bool RefusesOnlyIgnored { get; init; }

    /// <summary>The scheme and host of the request itself, which may differ from <see cref="Origin"/>.</summary>
    public string? SentTo { get; init; }

    /// <summary>The schemes and hosts of this service.</summary>
    public IReadOnlyList<string> Origins => [Origin, SentTo ?? Origin];

    /// <summary>The id that the client chose, or null to generate one.</summary>
    public string? Id { get; init; }

    /// <summary>The time after which the prediction is canceled if it has not ended.</summary>
    public TimeSpan? CancelAfter { get; init; }

    public string? Deployment { get; init; }

    public PredictionWebhook? Webhook { get; init; }
}

/// <summary>Validates, stores and queues new predictions for both APIs.</summary>
sealed partial class PredictionIntake(
    IPredictionStore store,
    ModuleLibrary library,
    FileInputs files,
    AdapterReference adapters,
    IEnumerable<IPredictionFollower> followers,
    IOptions<QueueOptions> queue,
    IOptions<LimitsOptions> limits,
    TimeProvider time,
    ILogger<PredictionIntake> logger,
    IModuleExchange exchange)
{
    readonly ConcurrentDictionary<string, long> _counts = new(StringComparer.Ordinal); // by model; "" is the composer

    /// <summary>The number of calls of the composer or a base model since the service started; the index counts those of modules.</summary>
    public long Count(CallableModel? model) => _counts.GetValueOrDefault(KeyOf(model));

    public Task<IntakeResult> CreateAsync(PredictionRequest request, CancellationToken cancellationToken) =>
        CreateAsync(request, known => PlanAsync(request, known, cancellationToken), cancellationToken);

    /// <param name="plan">Plans the prediction from the known inputs, in which the texts of files stand for their URLs.</param>
    /// <inheritdoc cref="CreateAsync(PredictionRequest, CancellationToken)"/>
    public async Task<IntakeResult> CreateAsync(
        PredictionRequest request,
        Func<JsonObject, Task<(PredictionPlan? Plan, IReadOnlyList<InputError> Errors)>> plan,
        CancellationToken cancellationToken)
    {
        var (known, refusal) = await ReadAsync(request, cancellationToken);
        if (refusal is not null)
        {
            return refusal;
        }

        var now = Now(); // before the plan's blobs are put: a sweep keeps those that are not older than an unfinished prediction
        var (planned, errors) = await plan(known);
        if (planned is null)
        {
            return Refused(errors);
        }

        await exchange.ShareAsync(cancellationToken); // the worker may be another process
        var created = Created(request, known, planned, now);
        switch (await store.CreateAsync(created, request.Capacity, cancellationToken))
        {
            case Creation.IdTaken:
                return new IntakeResult.IdTaken();
            case Creation.Full:
                return new IntakeResult.Full();
            case Creation.ModuleDeleted:
                return new IntakeResult.Invalid([Deleted(planned, await store.DeletedModulesAsync(planned.Modules, cancellationToken))]);
        }

        if (!request.IsTraining && request.Model?.Module is null)
        {
            _counts.AddOrUpdate(KeyOf(request.Model), 1, (_, count) => count + 1);
        }

        Instruments.CountCreated(request.Deployment);
        LogCreated(created.Id);
        foreach (var follower in followers)
        {
            follower.Follow(created);
        }

        return new IntakeResult.Accepted(new Prediction(created));
    }

    /// <summary>Plans a composition. For a named module that is not here, it first looks whether another process has published it.</summary>
    public async Task<(CompositionPlan? Plan, IReadOnlyList<InputError> Errors)> PlanAsync(
        PredictionInput input, CancellationToken cancellationToken)
    {
        if (input.Modules?.Select(ModuleReference.Parse).Any(named => named is not null && library.Find(named) is null) is true)
        {
            await exchange.FetchNewAsync(cancellationToken);
        }

        return PredictionPlanner.Plan(input, library);
    }

    static InputError Deleted(PredictionPlan plan, IReadOnlyList<string> modules) => new(
        plan switch
        {
            GenerationPlan => PromptSchema.Prompt,
            TrainingPlan { Composition: null } => TrainingSchema.InitFrom,
            _ => InputSchema.LoraModulesSpecified,
        },
        $"{(modules is [var first, ..] ? $"The module `{first}`" : "A module")} was deleted while the prediction was being created; "
            + "send the request again without it.",
        InputErrorKind.Invalid);

    static string KeyOf(CallableModel? model) => model is null or { IsComposer: true } ? "" : model.Name;

    /// <returns>The known inputs with the texts of their files, or why the request is refused.</returns>
    async Task<(JsonObject Known, IntakeResult? Refusal)> ReadAsync(PredictionRequest request, CancellationToken cancellationToken)
    {
        var fields = request.Fields;
        var budget = new InputBudget(limits.Value);
        if (!budget.TakeInline(fields, request.Input))
        {
            return ([], new IntakeResult.TooLarge(budget.Message));
        }

        var known = fields.Known(request.Input);
        if (request.RefusesOnlyIgnored && known.Count == 0 && request.Ignored is { Any: true, IsClient: false })
        {
            return (known, new IntakeResult.Invalid(request.Ignored.Errors()));
        }

        var unread = await files.ReadAsync(fields, known, request.Origins, budget, cancellationToken);
        return (known, unread.Count == 0 ? null : Refused(unread));
    }

    static IntakeResult Refused(IReadOnlyList<InputError> errors) =>
        errors.FirstOrDefault(error => error.Kind == InputErrorKind.OverBudget) is { } tooLarge
            ? new IntakeResult.TooLarge(tooLarge.Message)
            : new IntakeResult.Invalid(errors);

    async Task<(PredictionPlan? Plan, IReadOnlyList<InputError> Errors)> PlanAsync(
        PredictionRequest request, JsonObject known, CancellationToken cancellationToken)
    {
        if (request.Model is { BaseModel: { } baseModel } model)
        {
            return Plan(known, baseModel, model.Module is { } module ? new ModuleUse(module.Id, model.Version) : null);
        }

        var (input, errors) = InputParser.Parse(known, limits.Value.InputLines);
        if (input?.Adapter is { } adapter)
        {
            var (digest, unknown) = await adapters.FindAsync(adapter, request.Origins, cancellationToken);
            (input, errors) = unknown is null ? (input! with { Adapter = digest }, errors) : (null, [unknown]);
        }

        return input is null ? (null, errors) : await PlanAsync(input, cancellationToken);
    }

    static (PredictionPlan? Plan, IReadOnlyList<InputError> Errors) Plan(JsonObject known, string baseModel, ModuleUse? module)
    {
        var (input, errors) = PromptParser.Parse(known);
        return input is null ? (null, errors) : (new GenerationPlan(input, baseModel, module, input.Seed ?? PredictionPlanner.NewSeed()), []);
    }

    CreatedPrediction Created(PredictionRequest request, JsonObject known, PredictionPlan plan, DateTimeOffset now)
    {
        var called = request.Model is { IsComposer: false } other ? other : null;
        return new CreatedPrediction
        {
            Id = request.Id ?? PredictionId.New(),
            Kind = request.IsTraining ? PredictionKind.Train : called?.Kind ?? PredictionKind.Compose,
            Model = called?.Name,
            Version = called?.Version,
            Input = known,
            Plan = plan with { Warnings = [.. request.Ignored.Warnings(known), .. plan.Warnings] },
            Destination = (plan as TrainingPlan)?.Destination.Module,
            Origin = request.Origin,
            CreatedAt = now,
            Deadline = now + request.CancelAfter,
            Deployment = request.Deployment,
            Webhook = request.Webhook,
            Hardware = queue.Value.Hardware,
            TraceParent = Spans.TraceParent,
        };
    }

    /// <summary>
    /// The time in whole microseconds, the precision of the wire and the databases. Clients can then find a prediction by the time they received.
    /// </summary>
    DateTimeOffset Now()
    {
        var now = time.GetUtcNow();
        return now.AddTicks(-(now.Ticks % TimeSpan.TicksPerMicrosecond));
    }

    [LoggerMessage(LogLevel.Information, "Prediction {PredictionId} was created.")]
    partial void LogCreated(string predictionId);
}
