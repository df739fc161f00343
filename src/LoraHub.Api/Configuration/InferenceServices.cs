using LoraHub.Core;
using LoraHub.Core.Modules;
using LoraHub.Core.Predictions;
using LoraHub.Inference;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;
using LoraHub.Inference.Predictions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Configuration;

static class InferenceServices
{
    /// <summary>Adds the predictor and its modules, with the models folders of the settings, the data folder and the program itself.</summary>
    public static IServiceCollection AddInference(this IServiceCollection services)
    {
        services.AddOptions<InferenceOptions>().BindConfiguration(InferenceOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddOptions<ModelsOptions>().BindConfiguration(ModelsOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton(provider =>
        {
            var owned = provider.GetRequiredService<IOptions<DataOptions>>().Value.Models;
            return new ModelFolders(
                [.. provider.GetRequiredService<IOptions<ModelsOptions>>().Value.Folders, owned, Path.Combine(AppContext.BaseDirectory, "models")], owned);
        });
        services.AddSingleton<IModuleCatalog>(provider => new FolderModuleCatalog(
            provider.GetRequiredService<ModelFolders>(), provider.GetRequiredService<IOptions<ModelsOptions>>().Value.Base));
        services.AddSingleton<IModuleInspector, ModuleInspector>();
        services.AddSingleton<IPredictor>(provider => new LoraHubPredictor(
            provider.GetRequiredService<IOptions<InferenceOptions>>().Value,
            provider.GetRequiredService<ModelFolders>(),
            provider.GetRequiredService<IModuleCatalog>(),
            provider.GetRequiredService<TimeProvider>()));
        return services;
    }
}
