using LoraHub.Core.Telemetry;

namespace LoraHub.Api.Telemetry;

/// <summary>Exports every counter as zero at startup.</summary>
sealed class FirstCounts : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        Instruments.InitializeCounters();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
