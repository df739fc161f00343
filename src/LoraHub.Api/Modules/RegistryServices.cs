namespace LoraHub.Api.Modules;

static class RegistryServices
{
    /// <summary>Keeps the registry as the folders are; wants the records.</summary>
    public static IServiceCollection AddModuleIndexing(this IServiceCollection services) => services
        .AddSingleton<FolderReading>()
        .AddSingleton<ModuleIndexing>()
        .AddHostedService(provider => provider.GetRequiredService<ModuleIndexing>());
}
