using LoraHub.Api.Models;
using LoraHub.Modules.Uploads;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LoraHub.Api.Worker;

static class WorkerServices
{
    /// <summary>Adds the runner of a leased prediction; the command line needs no more.</summary>
    public static IServiceCollection AddPredictionRunner(this IServiceCollection services)
    {
        services.AddOptions<ModuleOptions>().BindConfiguration(ModuleOptions.Section).ValidateDataAnnotations().ValidateOnStart();
        return services
            .AddSingleton<TrainingPublication>()
            .AddSingleton<TrainingWork>()
            .AddSingleton<PlannedWork>()
            .AddSingleton<PredictionRunner>();
    }

    /// <summary>Adds the worker that runs predictions from the queue.</summary>
    public static IServiceCollection AddPredictionWorker(this IServiceCollection services)
    {
        services.TryAddSingleton<Composer>();
        return services.AddSingleton<WorkerState>().AddHostedService<PinnedModels>().AddHostedService<PredictionWorker>();
    }

    /// <summary>Adds the state of a worker that has finished its setup, for a process without one.</summary>
    public static IServiceCollection AddNoWorker(this IServiceCollection services) => services.AddSingleton(provider =>
    {
        var state = ActivatorUtilities.CreateInstance<WorkerState>(provider);
        state.EndSetup(SetupStatus.Succeeded, "");
        return state;
    });
}
