using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Distributed;

static class DistributedEngine
{
    /// <summary>The engine as an API node has it, whether or not it works too: NATS and PostgreSQL.</summary>
    public static IServiceCollection AddDistributedEngine(this IServiceCollection services)
    {
        services.AddNats();
        services.AddPooledDbContextFactory<PostgresRecords>((provider, options) => options.UseNpgsql(
            provider.GetRequiredService<IOptions<DistributedOptions>>().Value.Postgres,
            postgres => postgres.EnableRetryOnFailure(maxRetryCount: 3, maxRetryDelay: TimeSpan.FromSeconds(1), errorCodesToAdd: null)));
        services.AddSingleton<IDbContextFactory<RecordsContext>, RecordsFactory<PostgresRecords>>();
        services.AddSingleton<Postgres>().AddSingleton<IRecordWriter>(provider => provider.GetRequiredService<Postgres>()).AddHostedService(provider => provider.GetRequiredService<Postgres>());
        services.AddRecords();
        services.AddSingleton<Outbox>().AddHostedService(provider => provider.GetRequiredService<Outbox>());
        services.AddHostedService<Recorder>().AddHostedService<RecordedRelay>();
        services.AddSingleton<IPredictionStore, DistributedStore>();
        return services.AddSingleton<IPredictionQueue, DistributedQueue>();
    }

    /// <summary>The engine as a worker has it: NATS alone.</summary>
    public static IServiceCollection AddDistributedWorker(this IServiceCollection services) =>
        services.AddNats().AddSingleton<IPredictionQueue, WorkersQueue>();

    static IServiceCollection AddNats(this IServiceCollection services)
    {
        services.AddOptions<DistributedOptions>().BindConfiguration(DistributedOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<Broker>().AddSingleton<EventLog>().AddSingleton<WorkQueue>();
    }
}
