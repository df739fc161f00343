using LoraHub.Api.Docs;
using LoraHub.Modules.Ranking;
using LoraHub.Modules.Uploads;

namespace LoraHub.Api.Modules;

static class ModuleServices
{
    /// <summary>Adds the module endpoints.</summary>
    public static IServiceCollection AddModules(this IServiceCollection services)
    {
        services.AddOptions<ModuleOptions>().BindConfiguration(ModuleOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services
            .AddSingleton<IAnswerExamples, ModuleAnswerExamples>()
            .AddSingleton<PublishEndpoint>()
            .AddSingleton<ResultPublication>()
            .AddSingleton<ModuleRights>()
            .AddSingleton<ModuleChanges>()
            .AddSingleton<ModuleDeletion>()
            .AddSingleton<DownloadCounts>()
            .AddHostedService(provider => provider.GetRequiredService<DownloadCounts>())
            .AddSingleton<SimilarModules>();
    }
}
