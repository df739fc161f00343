using LoraHub.Api.Models;

namespace LoraHub.Api.Predictions;

static class PredictionServices
{
    /// <summary>Registers the services that both APIs share.</summary>
    public static IServiceCollection AddPredictions(this IServiceCollection services) => services
        .AddSingleton<PredictionIntake>()
        .AddSingleton<FileInputs>()
        .AddSingleton<AdapterReference>()
        .AddHostedService<PredictionDeadlines>()
        .AddSingleton<Composer>()
        .AddSingleton<ModelCatalog>();
}
