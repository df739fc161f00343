using LoraHub.Api.Predictions;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Telemetry;
using LoraHub.Core.Threading;
using LoraHub.Inference.Adaptation;
using LoraHub.Modules.Library;
using LoraHub.Modules.Versions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Worker;

/// <summary>What an attempt does, which depends on the prediction's kind: composes modules, answers a prompt, or trains.</summary>
/// <param name="watcher">Receives the search's progress as data; or null.</param>
sealed class PlannedWork(
    IPredictor predictor,
    TrainingWork training,
    ModuleLibrary catalog,
    IModuleExchange exchange,
    IBlobStore blobs,
    IOptions<DataOptions> data,
    TimeProvider time,
    IProgress<SearchProgress>? watcher = null)
{
    const string PlanLost = "The prediction's plan was lost; create the prediction again.";

    /// <summary>Records what the predictor reports until its work is done.</summary>
    /// <returns>What is to be recorded with the success.</returns>
    /// <exception cref="PredictionException">The prediction failed; the message is for its client.</exception>
    /// <exception cref="HandedBackException">The worker is stopping.</exception>
    public Task<Outcome> RunAsync(IPredictionLease lease, CancellationToken cancellationToken) => lease.Created.Kind switch
    {
        PredictionKind.Generate => AnswerAsync(lease, cancellationToken),
        PredictionKind.Train => TrainAsync(lease, cancellationToken),
        _ => ComposeAsync(lease, cancellationToken),
    };

    /// <summary>Deletes what is not needed once the prediction has ended.</summary>
    public Task CleanUpAsync(CreatedPrediction ended) => ended.Kind == PredictionKind.Train ? training.CleanUpAsync(ended) : Task.CompletedTask;

    async Task<Outcome> ComposeAsync(IPredictionLease lease, CancellationToken cancellationToken)
    {
        await exchange.FetchAsync(cancellationToken); // the API node may have newer modules than this one
        var plan = lease.Created.Plan as CompositionPlan ?? PlanNow(lease.Created);
        var pump = new EventPump(lease, watcher);
        var work = PredictAsync(plan, pump, cancellationToken);
        return new Outcome([.. await RecordAsync(pump, work), new PredictionEvent.Answered(await work)]);
    }

    async Task<Outcome> TrainAsync(IPredictionLease lease, CancellationToken cancellationToken)
    {
        var plan = lease.Created.Plan as TrainingPlan ?? throw new PredictionException(PlanLost);
        await exchange.FetchAsync(cancellationToken); // also the versions of the destination
        var pump = new EventPump(lease, watcher);
        var work = training.RunAsync(lease, plan, pump, cancellationToken);
        var last = await RecordAsync(pump, work);
        var (output, undo) = await work;
        return new Outcome([.. last, new PredictionEvent.Answered(output)], undo);
    }

    async Task<Outcome> AnswerAsync(IPredictionLease lease, CancellationToken cancellationToken)
    {
        var plan = lease.Created.Plan as GenerationPlan ?? throw new PredictionException(PlanLost);

        if (plan.Module is { } module && catalog.Find(new ModuleReference(module.Id, module.Digest)) is null)
        {
            await exchange.FetchAsync(cancellationToken); // the API node may have it
        }

        var pump = new EventPump(lease);
        var last = await RecordAsync(pump, predictor.GenerateAsync(plan, pump, cancellationToken));
        return new Outcome(pump.Characters > 0
            ? last // the pieces are the output
            : [.. last, new PredictionEvent.Answered(new PredictionOutput { Text = [] })]); // also replaces the pieces of an attempt that was lost
    }

    /// <returns>See <see cref="EventPump.RecordAsync"/>.</returns>
    static async Task<IReadOnlyList<PredictionEvent>> RecordAsync(EventPump pump, Task work)
    {
        try
        {
            return await pump.RecordAsync(work);
        }
        finally
        {
            await work; // throws its error; it must not outlive the attempt
        }
    }

    /// <summary>Plans a prediction that an earlier version of the program created without a plan.</summary>
    CompositionPlan PlanNow(CreatedPrediction created)
    {
        var (plan, errors) = PredictionPlanner.Plan(created.Input, catalog);
        return plan ?? throw new PredictionException(string.Join(" ", errors.Select(error => $"{error.Field}: {error.Message}")));
    }

    /// <summary>Copies the earlier result that a plan uses again into the folder, where the predictor expects it.</summary>
    async Task PlaceAdapterAsync(CompositionPlan plan, string folder, CancellationToken cancellationToken)
    {
        if (plan.Input.Adapter is not { } digest)
        {
            return;
        }

        await using var adapter = await blobs.OpenReadAsync(digest, cancellationToken)
            ?? throw new PredictionException($"{InputSchema.Adapter}: this result was deleted after the prediction was created.");
        await using var file = File.Create(Path.Combine(folder, ResultUrls.Adapter));
        await adapter.CopyToAsync(file, cancellationToken);
    }

    /// <summary>Its files are gone when it ends: on a full disk the events that it reported may be waiting for their room.</summary>
    async Task<PredictionOutput> PredictAsync(CompositionPlan plan, EventPump pump, CancellationToken cancellationToken)
    {
        using var workspace = Workspace.Create(data.Value.Path);
        await PlaceAdapterAsync(plan, workspace.Folder, cancellationToken);
        var result = await OwnThread.RunAsync(() => predictor.Predict(plan, workspace.Folder, pump, cancellationToken), CancellationToken.None);
        using var phase = Phase.Begin("publish", time);
        return result.Output with
        {
            Adapter = await blobs.PutFileAsync(result.AdapterFile, cancellationToken),
            Checkpoint = result.CheckpointFile is { } checkpoint ? await blobs.PutFileAsync(checkpoint, cancellationToken) : null,
            Trace = result.TraceFile is { } trace ? await blobs.PutFileAsync(trace, cancellationToken) : null,
        };
    }
}
