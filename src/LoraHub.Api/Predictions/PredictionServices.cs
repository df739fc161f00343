namespace LoraHub.Api.Predictions;

static class PredictionServices
{
    /// <summary>What both fronts share.</summary>
    public static IServiceCollection AddPredictions(this IServiceCollection services) =>
        services.AddSingleton<PredictionIntake>().AddSingleton<FileInputs>().AddHostedService<PredictionDeadlines>().AddSingleton<ServedModel>();
}
