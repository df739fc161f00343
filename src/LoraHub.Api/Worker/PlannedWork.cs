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

/// <summary>What an attempt does, which depends on the prediction's kind: composes modules, or answers a prompt.</summary>
/// <param name="watcher">Receives the search's progress as data; or null.</param>
sealed class PlannedWork(
    IPredictor predictor,
    ModuleLibrary catalog,
    IModuleExchange exchange,
    IBlobStore blobs,
    IOptions<DataOptions> data,
    TimeProvider time,
    IProgress<SearchProgress>? watcher = null)
{
    /// <summary>Records what the predictor reports until its work is done.</summary>
    /// <returns>What is to be recorded with the success.</returns>
    /// <exception cref="PredictionException">The prediction failed; the message is for its client.</exception>
    public Task<IReadOnlyList<PredictionEvent>> RunAsync(IPredictionLease lease, CancellationToken cancellationToken) =>
        lease.Created.Kind == PredictionKind.Generate ? AnswerAsync(lease, cancellationToken) : ComposeAsync(lease, cancellationToken);

    async Task<IReadOnlyList<PredictionEvent>> ComposeAsync(IPredictionLease lease, CancellationToken cancellationToken)
    {
        await exchange.FetchAsync(cancellationToken); // the API node may have newer modules than this one
        var plan = lease.Created.Plan as CompositionPlan ?? PlanNow(lease.Created);
        var pump = new EventPump(lease, watcher);
        var work = PredictAsync(plan, pump, cancellationToken);
        return [.. await RecordAsync(pump, work), new PredictionEvent.Answered(await work)];
    }

    async Task<IReadOnlyList<PredictionEvent>> AnswerAsync(IPredictionLease lease, CancellationToken cancellationToken)
    {
        if (lease.Created.Plan is not GenerationPlan plan)
        {
            throw new PredictionException("The prediction's plan was lost; create the prediction again.");
        }

        if (plan.Module is { } module && catalog.Find(new ModuleReference(module.Id, module.Digest)) is null)
        {
            await exchange.FetchAsync(cancellationToken); // the API node may have it
        }

        var pump = new EventPump(lease);
        var last = await RecordAsync(pump, predictor.GenerateAsync(plan, pump, cancellationToken));
        return pump.Characters > 0
            ? last // the pieces are the output
            : [.. last, new PredictionEvent.Answered(new PredictionOutput { Text = [] })]; // also replaces the pieces of an attempt that was lost
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
            Adapter = await PutAsync(result.AdapterFile, cancellationToken),
            Checkpoint = result.CheckpointFile is { } checkpoint ? await PutAsync(checkpoint, cancellationToken) : null,
            Trace = result.TraceFile is { } trace ? await PutAsync(trace, cancellationToken) : null,
        };
    }

    async Task<string> PutAsync(string path, CancellationToken cancellationToken)
    {
        await using var file = File.OpenRead(path);
        return await blobs.PutAsync(file, cancellationToken);
    }
}
