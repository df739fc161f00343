using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.Cog;

/// <summary>The health check answers 200 with a status whatever the database does.</summary>
public sealed class CogHealthDatabaseTests
{
    public static readonly TheoryData<string> Faults = ["unavailable", "retries", "timeout", "wrapped", "io", "silent"];

    [Theory]
    [MemberData(nameof(Faults))]
    public async Task A_database_that_cannot_be_reached_is_a_status(string fault)
    {
        await using var service = new Service { Replace = services => services.AddSingleton<IPredictionUpkeep>(new Broken(fault)) };
        var client = await service.ReadyAsync();

        using var response = await client.FetchAsync("/health-check");

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        var health = await response.JsonAsync();
        Assert.Equal(("UNHEALTHY", "The prediction database cannot be reached."), (health.Text("status"), health.Text("user_healthcheck_error")));
    }

    sealed class Broken(string fault) : IPredictionUpkeep
    {
        public Task<IReadOnlyList<string>> OverdueAsync(DateTimeOffset now, CancellationToken cancellationToken) =>
            Task.FromResult<IReadOnlyList<string>>([]);

        public Task<QueueState> MeasureAsync(PredictionKind kind, CancellationToken cancellationToken) => fault switch
        {
            "unavailable" => throw new StorageUnavailableException("The storage is unavailable; try again."),
            "retries" => throw new RetryLimitExceededException("The maximum number of retries was exceeded.", new TimeoutException()),
            "timeout" => throw new TimeoutException(),
            "wrapped" => throw new InvalidOperationException("An exception has been raised that is likely due to a transient failure."),
            "io" => throw new IOException(),
            _ => new TaskCompletionSource<QueueState>().Task,
        };
    }
}
