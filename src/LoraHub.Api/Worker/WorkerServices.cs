namespace LoraHub.Api.Worker;

static class WorkerServices
{
    /// <summary>What runs a leased prediction; enough for the terminal.</summary>
    public static IServiceCollection AddPredictionRunner(this IServiceCollection services) => services.AddSingleton<PredictionRunner>();

    /// <summary>The worker that takes predictions from the queue for as long as the service runs.</summary>
    public static IServiceCollection AddPredictionWorker(this IServiceCollection services) =>
        services.AddSingleton<WorkerState>().AddHostedService<PredictionWorker>();
}
