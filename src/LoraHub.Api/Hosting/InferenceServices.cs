using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Inference;
using LoraHub.Inference.Predictions;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Hosting;

static class InferenceServices
{
    /// <summary>Adds the predictor and its modules, from the models folders of the settings, the data folder and the program itself.</summary>
    public static IServiceCollection AddInference(this IServiceCollection services)
    {
        services.AddOptions<InferenceOptions>().BindConfiguration(InferenceOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        services.AddSingleton<IPredictor>(provider => new LoraHubPredictor(
            provider.GetRequiredService<IOptions<InferenceOptions>>().Value,
            provider.GetRequiredService<BaseModels>(),
            provider.GetRequiredService<ModuleLibrary>(),
            provider.GetRequiredService<TimeProvider>(),
            provider.GetRequiredService<IOptions<LimitsOptions>>().Value));
        return services;
    }
}
