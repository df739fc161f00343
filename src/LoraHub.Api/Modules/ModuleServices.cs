using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LoraHub.Api.Modules;

static class ModuleServices
{
    /// <summary>The hub over HTTP.</summary>
    public static IServiceCollection AddModules(this IServiceCollection services)
    {
        services.AddOptions<ModuleOptions>().BindConfiguration(ModuleOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.TryAddSingleton<ModuleIntake>();
        return services
            .AddSingleton<ModuleTaking>()
            .AddSingleton<ModulePublication>()
            .AddSingleton<ModuleChanges>()
            .AddSingleton<SimilarModules>();
    }
}
