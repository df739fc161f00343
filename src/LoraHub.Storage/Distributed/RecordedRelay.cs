using LoraHub.Core.Threading;
using LoraHub.Storage.Records;
using Microsoft.Extensions.Hosting;

namespace LoraHub.Storage.Distributed;

/// <summary>Wakes this node's readers when any node records events. Wakes all of them periodically, since a message may be lost.</summary>
sealed class RecordedRelay(Broker broker, RecordSignals signals) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5), Pause = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(SubscribeAsync(stoppingToken), WakeAllAsync(stoppingToken));

    async Task SubscribeAsync(CancellationToken stopping)
    {
        var subject = Subjects.RecordedOf(broker.Prefix, "*");
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await foreach (var message in broker.Connection.SubscribeAsync<byte[]>(subject, cancellationToken: stopping))
                {
                    signals.Raise(Subjects.IdOf(message.Subject));
                }
            }
            catch (Exception exception) when (Broker.IsTransient(exception) && !stopping.IsCancellationRequested)
            {
                await Task.Delay(Pause, TimeProvider.System, stopping);
            }
        }
    }

    Task WakeAllAsync(CancellationToken stopping) => Periodic.RunAsync(
        Interval,
        TimeProvider.System,
        _ =>
        {
            signals.RaiseAll();
            return Task.CompletedTask;
        },
        onError: null,
        firstAtOnce: false,
        stopping);
}
