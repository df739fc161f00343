using LoraHub.Api.Worker;

namespace LoraHub.TestHost;

/// <summary>Workers beside the program's own one: <c>TestHost:Workers</c> in all. Default: 1, none more.</summary>
sealed class MoreWorkers(IServiceProvider services, IConfiguration configuration) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        var more = Enumerable.Range(1, configuration.GetValue("TestHost:Workers", 1) - 1)
            .Select(_ => ActivatorUtilities.CreateInstance<PredictionWorker>(services))
            .ToArray();
        await Task.WhenAll(more.Select(worker => worker.StartAsync(stoppingToken)));
        await Task.WhenAll(more.Select(worker => worker.ExecuteTask!));
    }
}
