using LoraHub.Api.Worker;
using LoraHub.Core.Json;
using LoraHub.Core.Predictions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Cog;

/// <summary>Answers <c>GET /health-check</c>, always with status 200.</summary>
sealed class CogHealthCheck(WorkerState worker, IPredictionUpkeep upkeep, IOptions<WorkerOptions> options, IConfiguration configuration)
{
    const string Unreachable = "The prediction database cannot be reached.";

    /// <summary>How long a probe waits for the database; clients wait for a few seconds.</summary>
    static readonly TimeSpan MeasureWithin = TimeSpan.FromSeconds(2);

    public static async Task<JsonHttpResult<CogHealth>> AnswerAsync(CogHealthCheck check, CancellationToken cancellationToken) =>
        TypedResults.Json(await check.CheckAsync(cancellationToken), WireJson.Options);

    async Task<CogHealth> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(MeasureWithin);
            var compositions = await upkeep.MeasureAsync(PredictionKind.Compose, limit.Token).WaitAsync(limit.Token);
            var trainings = await upkeep.MeasureAsync(PredictionKind.Train, limit.Token).WaitAsync(limit.Token);
            return CogHealth.From(worker.Setup, IsBusy(compositions, trainings), worker.Problem);
        }
        catch (Exception) when (!cancellationToken.IsCancellationRequested) // whatever it is, this answers with a status; QueueGauges logs it
        {
            return CogHealth.From(worker.Setup, isBusy: false, worker.Problem ?? Unreachable);
        }
    }

    /// <summary>
    /// Counts accepted compositions as well as running ones, so that a probe right after a create does not see READY. Trainings share their places;
    /// prompts have their own.
    /// </summary>
    bool IsBusy(QueueState compositions, QueueState trainings) => configuration.Role() == Role.Api
        ? compositions.Waiting + trainings.Waiting > 0 // an API process does not know the number of workers
        : compositions.Waiting + compositions.Running + trainings.Waiting + trainings.Running >= options.Value.Slots;
}
