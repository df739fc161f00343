using LoraHub.Core;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Inspection;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.DependencyInjection.Extensions;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.Library;

public static class LibraryServices
{
    /// <summary>
    /// Adds the modules and base models in the configured folders, the data folder and the program's folder; requires <see cref="DataOptions"/>.
    /// </summary>
    public static IServiceCollection AddModuleLibrary(this IServiceCollection services)
    {
        services.AddOptions<ModelsOptions>().BindConfiguration(ModelsOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<LimitsOptions>().BindConfiguration(LimitsOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton(provider => provider.GetRequiredService<IOptions<LimitsOptions>>().Value);
        services.TryAddSingleton(TimeProvider.System);
        services.TryAddSingleton<IModuleExchange, SingleMachine>();
        services.TryAddSingleton(provider => SearchPathOf(
            provider.GetRequiredService<IOptions<ModelsOptions>>().Value,
            provider.GetRequiredService<IOptions<DataOptions>>().Value,
            provider.GetService<IConfiguration>()));
        services.TryAddSingleton<ModuleLibrary>();
        services.TryAddSingleton(provider => new BaseModels(
            provider.GetRequiredService<SearchPath>(), provider.GetRequiredService<IOptions<ModelsOptions>>().Value.Base));
        return services
            .AddSingleton<LibraryFolder>()
            .AddSingleton<StoredFiles>()
            .AddSingleton<FolderSwap>()
            .AddSingleton<Leftovers>()
            .AddSingleton<VersionStore>()
            .AddSingleton<VersionRemoval>()
            .AddSingleton<ModuleInspector>()
            .AddSingleton<QuarantineRule>()
            .AddSingleton<ModulePublisher>();
    }

    /// <summary>Adds the service that updates the index from the folders; requires <see cref="IModuleIndex"/>.</summary>
    public static IServiceCollection AddModuleIndexer(this IServiceCollection services) => services
        .AddSingleton<ModuleIndexer>()
        .AddHostedService(provider => provider.GetRequiredService<ModuleIndexer>());

    static SearchPath SearchPathOf(ModelsOptions models, DataOptions data, IConfiguration? configuration)
    {
        var cache = configuration?["HF_HUB_CACHE"] is { Length: > 0 } hub ? hub
            : configuration?["HF_HOME"] is { Length: > 0 } home ? Path.Combine(home, "hub")
            : null;
        string[] roots = [.. models.Folders, data.Models, Path.Combine(AppContext.BaseDirectory, "models")];
        return new SearchPath(cache is null ? roots : [.. roots, cache], data.Models);
    }
}
