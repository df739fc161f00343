using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Uploads;
using LoraHub.Storage.Embedded;
using LoraHub.Storage.InMemory;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LoraHub.Storage;

public static class StorageServices
{
    /// <summary>Adds the engine behind <see cref="IPredictionStore"/>, <see cref="IPredictionQueue"/>, <see cref="IPredictionEvents"/>, <see cref="IBlobStore"/> and <see cref="IUploadStore"/>.</summary>
    public static IServiceCollection AddStorage(this IServiceCollection services)
    {
        services.AddOptions<DataOptions>().BindConfiguration(DataOptions.Section).ValidateDataAnnotations()
            .Validate(data => IsWritable(data.Path), $"{DataOptions.Section}:{nameof(DataOptions.Path)} must be a folder that can be made and written to.")
            .ValidateOnStart();
        services.AddOptions<InMemoryOptions>().BindConfiguration(InMemoryOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<QueueOptions>().BindConfiguration(QueueOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<UploadOptions>().BindConfiguration(UploadOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(TimeProvider.System);

        services.AddSingleton<InMemoryPredictions>();
        services.AddSingleton<IPredictionStore>(provider => provider.GetRequiredService<InMemoryPredictions>());
        services.AddSingleton<IPredictionQueue>(provider => provider.GetRequiredService<InMemoryPredictions>());
        services.AddSingleton<IPredictionEvents>(provider => provider.GetRequiredService<InMemoryPredictions>());
        services.AddSingleton<IBlobStore, FileBlobStore>();
        services.AddSingleton<IUploadStore, FileUploadStore>().AddHostedService<UploadSweep>();
        return services;
    }

    static bool IsWritable(string folder)
    {
        try
        {
            using var probe = new FileStream(
                Path.Combine(Directory.CreateDirectory(folder).FullName, Path.GetRandomFileName()), FileMode.CreateNew, FileAccess.Write, FileShare.None, 1, FileOptions.DeleteOnClose);
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or ArgumentException)
        {
            return false;
        }
    }
}
