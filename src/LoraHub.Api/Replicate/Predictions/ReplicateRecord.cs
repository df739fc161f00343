using LoraHub.Api.Http;
using LoraHub.Api.Models;
using LoraHub.Core.Json;
using LoraHub.Core.Predictions;
using Microsoft.AspNetCore.Mvc;

namespace LoraHub.Api.Replicate.Predictions;

/// <summary>The services that <see cref="ReplicateRecord"/> uses.</summary>
sealed record RecordServices(
    [FromServices] IPredictionStore Store,
    [FromServices] IPredictionQueue Queue,
    [FromServices] IDataRetention Retention,
    [FromServices] Composer Composer,
    [FromServices] RunAddresses Addresses,
    CancellationToken Aborted);

/// <summary>Gets, cancels and deletes predictions or trainings. The id of one is unknown as the other's.</summary>
static class ReplicateRecord
{
    public static async Task<IResult> GetAsync(string id, IReadOnlyList<PredictionKind> kinds, RecordServices services) =>
        await services.Store.FindAsync(id, kinds, services.Aborted) is { } prediction
            ? TypedResults.Json(ReplicatePrediction.From(prediction, services.Composer, services.Addresses), WireJson.Options)
            : Problems.NotFound();

    public static async Task<IResult> CancelAsync(string id, IReadOnlyList<PredictionKind> kinds, RecordServices services)
    {
        if (await services.Store.ExistsAsync(id, kinds, services.Aborted))
        {
            await services.Queue.CancelAsync(id, services.Aborted);
        }

        return await GetAsync(id, kinds, services);
    }

    /// <param name="notEnded">The answer while it runs.</param>
    public static async Task<IResult> DeleteAsync(
        string id, IReadOnlyList<PredictionKind> kinds, Problem notEnded, RecordServices services)
    {
        var isKnown = await services.Store.ExistsAsync(id, kinds, services.Aborted);
        return (isKnown ? await services.Retention.RemoveAsync(id, services.Aborted) : DataRemoval.UnknownId) switch
        {
            DataRemoval.Removed => TypedResults.NoContent(),
            DataRemoval.UnknownId => Problems.NotFound(),
            DataRemoval.NotEnded => Problems.Because(notEnded.Status, notEnded.Title, notEnded.Detail),
            _ => throw new System.Diagnostics.UnreachableException(),
        };
    }
}
