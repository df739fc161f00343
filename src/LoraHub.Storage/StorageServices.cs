using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Uploads;
using LoraHub.Modules.Library;
using LoraHub.Storage.Distributed;
using LoraHub.Storage.Embedded;
using LoraHub.Storage.InMemory;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LoraHub.Storage;

public static class StorageServices
{
    /// <summary>Adds the storage engine: the distributed one if a NATS server is configured, otherwise the embedded one.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddStorageOptions();
        services = configuration.GetSection(DistributedOptions.Section)[nameof(DistributedOptions.Nats)] is { Length: > 0 }
            ? services.AddDistributedEngine()
            : services.AddEmbeddedEngine().AddHostedService<UploadSweep>();
        return services.AddRetention().AddHostedService<TemporaryFileSweep>();
    }

    /// <summary>Adds the parts of the distributed engine that a separate worker needs: the queue and blobs.</summary>
    public static IServiceCollection AddWorkerStorage(this IServiceCollection services) =>
        services.AddStorageOptions().AddDistributedWorker().AddHostedService<TemporaryFileSweep>();

    /// <summary>Adds a store, a queue and events in memory, and blobs in the data folder, for one prediction in the terminal.</summary>
    public static IServiceCollection AddInMemoryStorage(this IServiceCollection services) => services
        .AddStorageOptions()
        .AddSingleton<InMemoryPredictions>()
        .AddSingleton<IPredictionStore>(provider => provider.GetRequiredService<InMemoryPredictions>())
        .AddSingleton<IPredictionQueue>(provider => provider.GetRequiredService<InMemoryPredictions>())
        .AddSingleton<IPredictionEvents>(provider => provider.GetRequiredService<InMemoryPredictions>())
        .AddSingleton<IBlobStore, FileBlobStore>()
        .AddFileCheckpoints(FileCheckpoints.Terminal)
        .AddSingleton<IUploadStore, FileUploadStore>()
        .AddSingleton<FolderRecords>();

    /// <summary>Adds the removal of expired data; requires the records.</summary>
    static IServiceCollection AddRetention(this IServiceCollection services)
    {
        services.AddOptions<RetentionOptions>().BindConfiguration(RetentionOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<BlobCollection>().AddHostedService<RetentionSweep>().AddHostedService<CheckpointSweep>();
    }

    static IServiceCollection AddStorageOptions(this IServiceCollection services)
    {
        services.AddOptions<DataOptions>().BindConfiguration(DataOptions.Section).ValidateDataAnnotations()
            .Validate(
                data => IsWritable(data.Path),
                $"{DataOptions.Section}:{nameof(DataOptions.Path)} must be a folder that the service can create and write to.")
            .ValidateOnStart();
        services.AddOptions<QueueOptions>().BindConfiguration(QueueOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<UploadOptions>().BindConfiguration(UploadOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        return services.AddModuleLibrary();
    }

    static bool IsWritable(string folder)
    {
        try
        {
            var path = Path.Combine(Create(folder).FullName, Path.GetRandomFileName());
            using var probe = new FileStream(path, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>Creates the folder for the service's user only, since it holds clients' data. An existing folder keeps its permissions.</summary>
    static DirectoryInfo Create(string folder) => OperatingSystem.IsWindows()
        ? Directory.CreateDirectory(folder)
        : Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}
