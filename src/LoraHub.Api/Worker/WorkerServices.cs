namespace LoraHub.Api.Worker;

static class WorkerServices
{
    /// <summary>What runs a leased prediction; enough for the terminal.</summary>
    public static IServiceCollection AddPredictionRunner(this IServiceCollection services) => services.AddSingleton<PredictionRunner>();

    /// <summary>The worker that takes predictions from the queue for as long as the service runs.</summary>
    public static IServiceCollection AddPredictionWorker(this IServiceCollection services) =>
        services.AddSingleton<WorkerState>().AddHostedService<PredictionWorker>();

    /// <summary>What stands for the workers in a process that has none: there is nothing to load and nothing that is busy.</summary>
    public static IServiceCollection AddNoWorker(this IServiceCollection services) => services.AddSingleton(provider =>
    {
        var state = ActivatorUtilities.CreateInstance<WorkerState>(provider);
        state.EndSetup(SetupStatus.Succeeded, "");
        return state;
    });
}
