using LoraHub.Core.Telemetry;

namespace LoraHub.Api.Telemetry;

/// <summary>Shows the counters from the start on, once someone collects them.</summary>
sealed class FirstCounts : IHostedService
{
    public Task StartAsync(CancellationToken cancellationToken)
    {
        Instruments.BeginAtZero();
        return Task.CompletedTask;
    }

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}
