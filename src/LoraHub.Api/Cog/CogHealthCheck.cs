using System.Data.Common;
using LoraHub.Api.Configuration;
using LoraHub.Api.Http;
using LoraHub.Api.Worker;
using LoraHub.Core.Predictions;
using Microsoft.AspNetCore.Http.HttpResults;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Cog;

/// <summary><c>GET /health-check</c>: always an answer, and always 200.</summary>
sealed class CogHealthCheck(WorkerState worker, IPredictionUpkeep upkeep, IOptions<WorkerOptions> options, IConfiguration configuration)
{
    const string Unreachable = "The records of predictions cannot be reached.";

    public static async Task<JsonHttpResult<CogHealth>> AnswerAsync(CogHealthCheck check, CancellationToken cancellationToken) =>
        TypedResults.Json(await check.LookAsync(cancellationToken), WireJson.Options);

    async Task<CogHealth> LookAsync(CancellationToken cancellationToken)
    {
        try
        {
            return CogHealth.From(worker.Setup, IsBusy(await upkeep.MeasureAsync(cancellationToken)), worker.Trouble);
        }
        catch (Exception exception) when (exception is DbException or InvalidOperationException or TimeoutException) // Npgsql wraps what it cannot retry
        {
            return CogHealth.From(worker.Setup, isBusy: false, worker.Trouble ?? Unreachable);
        }
    }

    /// <summary>What has been taken in counts, not what a worker has begun: who asks right after the one must not be told READY for the time until the other.</summary>
    bool IsBusy(QueueState queue) => configuration.Role() == Role.Api
        ? queue.Waiting > 0 // how many workers there are is not known here
        : queue.Waiting + queue.Running >= options.Value.Slots;
}
