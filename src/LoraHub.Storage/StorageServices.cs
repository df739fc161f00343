using LoraHub.Core;
using LoraHub.Core.Modules;
using LoraHub.Core.Predictions;
using LoraHub.Core.Uploads;
using LoraHub.Storage.Distributed;
using LoraHub.Storage.Embedded;
using LoraHub.Storage.InMemory;
using LoraHub.Storage.Modules;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LoraHub.Storage;

public static class StorageServices
{
    /// <summary>Adds the service's engine, behind Core's interfaces: the distributed one when the settings name a NATS server.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services, IConfiguration configuration)
    {
        services.AddStorageOptions();
        services = configuration.GetSection(DistributedOptions.Section)[nameof(DistributedOptions.Nats)] is { Length: > 0 }
            ? services.AddDistributedEngine()
            : services.AddEmbeddedEngine().AddHostedService<UploadSweep>();
        return services.AddRetention().AddHostedService<LeftoverSweep>();
    }

    /// <summary>Adds what a worker apart from the API nodes has of the distributed engine: the queue and blobs.</summary>
    public static IServiceCollection AddWorkerStorage(this IServiceCollection services) => services.AddStorageOptions().AddDistributedWorker().AddHostedService<LeftoverSweep>();

    /// <summary>Adds a store, a queue and events that end with the process, and blobs in the data folder: enough for one prediction in the terminal.</summary>
    public static IServiceCollection AddPassingStorage(this IServiceCollection services) => services
        .AddStorageOptions()
        .AddSingleton<InMemoryPredictions>()
        .AddSingleton<IPredictionStore>(provider => provider.GetRequiredService<InMemoryPredictions>())
        .AddSingleton<IPredictionQueue>(provider => provider.GetRequiredService<InMemoryPredictions>())
        .AddSingleton<IPredictionEvents>(provider => provider.GetRequiredService<InMemoryPredictions>())
        .AddSingleton<IBlobStore, FileBlobStore>()
        .AddSingleton<IUploadStore, FileUploadStore>();

    /// <summary>Removes in time what is no longer to be kept; wants the records.</summary>
    static IServiceCollection AddRetention(this IServiceCollection services)
    {
        services.AddOptions<RetentionOptions>().BindConfiguration(RetentionOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services.AddSingleton<BlobCollection>().AddHostedService<RetentionSweep>();
    }

    static IServiceCollection AddStorageOptions(this IServiceCollection services)
    {
        services.AddOptions<DataOptions>().BindConfiguration(DataOptions.Section).ValidateDataAnnotations()
            .Validate(data => IsWritable(data.Path), $"{DataOptions.Section}:{nameof(DataOptions.Path)} must be a folder that can be made and written to.")
            .ValidateOnStart();
        services.AddOptions<QueueOptions>().BindConfiguration(QueueOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<UploadOptions>().BindConfiguration(UploadOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);
        services.AddSingleton<ModulesFolder>().AddSingleton<StoredFiles>().AddSingleton<FolderSwap>().AddSingleton<Leftovers>();
        services.AddSingleton<FileModuleStore>().AddSingleton<IModuleStore>(provider => provider.GetRequiredService<FileModuleStore>());

        return services;
    }

    static bool IsWritable(string folder)
    {
        try
        {
            using var probe = new FileStream(
                Path.Combine(Make(folder).FullName, Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }

    /// <summary>For this user alone: it holds what clients sent. A folder that is there keeps the permissions it has.</summary>
    static DirectoryInfo Make(string folder) => OperatingSystem.IsWindows()
        ? Directory.CreateDirectory(folder)
        : Directory.CreateDirectory(folder, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
}
