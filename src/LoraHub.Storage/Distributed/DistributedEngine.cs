using LoraHub.Core;
using LoraHub.Core.Deployments;
using LoraHub.Core.Predictions;
using LoraHub.Core.Trainings;
using LoraHub.Core.Uploads;
using LoraHub.Modules.Library;
using LoraHub.Storage.Distributed.Modules;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace LoraHub.Storage.Distributed;

static class DistributedEngine
{
    /// <summary>Reads of PostgreSQL hold no threads, but connections, of which the pool has 100 by default.</summary>
    const int ReadsAtOnce = 50;

    /// <summary>Adds the engine of an API node, with or without a worker: NATS and PostgreSQL.</summary>
    public static IServiceCollection AddDistributedEngine(this IServiceCollection services)
    {
        services.AddNats(needsPostgres: true);
        services.AddSingleton(provider =>
            new NpgsqlDataSourceBuilder(Postgres.ConnectionString(provider.GetRequiredService<IOptions<DistributedOptions>>().Value)).Build());
        services.AddPooledDbContextFactory<PostgresRecords>((provider, options) => options.UseNpgsql(
            provider.GetRequiredService<NpgsqlDataSource>(),
            postgres => postgres.EnableRetryOnFailure(maxRetryCount: 3, maxRetryDelay: TimeSpan.FromSeconds(1), errorCodesToAdd: null)));
        services.AddSingleton<IDbContextFactory<RecordsContext>, MigratedRecords>();
        services.AddHosted<Postgres>().AddSingleton<IRecordWriter>(provider => provider.GetRequiredService<Postgres>());
        services.AddSingleton<RecordReads>(provider => ActivatorUtilities.CreateInstance<PostgresReads>(provider, ReadsAtOnce));
        services.AddRecords<PostgresModules>()
            .AddSingleton<IEngineHealth, PostgresHealth>()
            .AddSingleton<IEngineHealth, RecordingHealth>();
        services.AddHosted<Outbox>().AddHostedService<Recorder>().AddHostedService<RecordedRelay>();
        services.AddHosted<LogCleaning>().AddHostedService<PinRelay>();
        services.AddHosted<ServerKeys>().AddSingleton<IServiceKeys>(provider => provider.GetRequiredService<ServerKeys>());
        services.AddSingleton<IUploadStore, ObjectUploads>().AddHostedService<UploadSweep>();
        services.AddSingleton<IPredictionStore, DistributedStore>();
        return services.AddSingleton<IPredictionQueue, DistributedQueue>();
    }

    /// <summary>Adds the engine of a worker: NATS only.</summary>
    public static IServiceCollection AddDistributedWorker(this IServiceCollection services) =>
        services.AddNats(needsPostgres: false).AddSingleton<IPredictionQueue, WorkersQueue>();

    static IServiceCollection AddNats(this IServiceCollection services, bool needsPostgres)
    {
        services.AddOptions<DistributedOptions>().BindConfiguration(DistributedOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IValidateOptions<DistributedOptions>>(new DistributedOptionsCheck(needsPostgres));
        services.AddSingleton<Broker>().AddSingleton<LargeContents>().AddSingleton<EventLog>().AddSingleton<WorkQueue>();
        services.AddSingleton<PublishedPins>().AddSingleton<IPinnedVersions>(provider => provider.GetRequiredService<PublishedPins>());
        services.AddSingleton<BlobCopies>().AddSingleton<IBlobStore, ObjectBlobs>();
        services.AddSingleton<ITrainingCheckpoints, ObjectCheckpoints>();
        services.AddSingleton<LocalModules>().AddSingleton<PublishedModules>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<ModuleSync>(provider, needsPostgres)); // only API nodes accept modules
        services.AddHostedService(provider => provider.GetRequiredService<ModuleSync>());
        services.AddSingleton<IModuleExchange>(provider => provider.GetRequiredService<ModuleSync>());
        return services.AddSingleton<IEngineHealth, NatsHealth>();
    }

    static IServiceCollection AddHosted<T>(this IServiceCollection services)
        where T : class, IHostedService =>
        services.AddSingleton<T>().AddHostedService(provider => provider.GetRequiredService<T>());
}
