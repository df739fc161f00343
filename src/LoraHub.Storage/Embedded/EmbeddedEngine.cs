using LoraHub.Core;
using LoraHub.Core.Deployments;
using LoraHub.Core.Predictions;
using LoraHub.Core.Trainings;
using LoraHub.Core.Uploads;
using LoraHub.Storage.Records;
using LoraHub.Storage.Records.Deployments;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Embedded;

static class EmbeddedEngine
{
    /// <summary>Adds the engine that stores everything in the data folder of one process.</summary>
    public static IServiceCollection AddEmbeddedEngine(this IServiceCollection services)
    {
        services.AddPooledDbContextFactory<SqliteRecords>((provider, options) =>
            options.UseSqlite(SqliteFile.ConnectionString(provider.GetRequiredService<IOptions<DataOptions>>().Value.Path)));
        services.AddSingleton<IDbContextFactory<RecordsContext>, RecordsFactory<SqliteRecords>>();
        services.AddSingleton<SqliteWriter>().AddSingleton<IRecordWriter>(provider => provider.GetRequiredService<SqliteWriter>());
        services.AddHostedService<SqliteFile>();
        services.AddSingleton(provider => ActivatorUtilities.CreateInstance<RecordReads>(provider, 2 * Environment.ProcessorCount));
        services.AddRecords<SqliteModules>().AddSingleton<IPinnedVersions>(provider => provider.GetRequiredService<RecordPins>());
        services.AddSingleton<EmbeddedQueue>().AddSingleton<IPredictionQueue>(provider => provider.GetRequiredService<EmbeddedQueue>());
        services.AddSingleton<IPredictionStore, EmbeddedStore>();
        services.AddSingleton<IBlobStore, FileBlobStore>().AddFileCheckpoints(of: "");
        services.AddSingleton<IEngineHealth, DiskHealth>();
        services.AddSingleton<FileKeys>().AddSingleton<IServiceKeys>(provider => provider.GetRequiredService<FileKeys>());
        services.AddHostedService(provider => provider.GetRequiredService<FileKeys>());
        return services.AddSingleton<IUploadStore, FileUploadStore>();
    }

    /// <param name="of">See <see cref="FileCheckpoints"/>.</param>
    public static IServiceCollection AddFileCheckpoints(this IServiceCollection services, string of) =>
        services.AddSingleton<ITrainingCheckpoints>(provider => ActivatorUtilities.CreateInstance<FileCheckpoints>(provider, of));
}
