using LoraHub.Storage.Records;
using Microsoft.Extensions.Hosting;

namespace LoraHub.Storage.Distributed;

/// <summary>Wakes this node's readers when any node has recorded something; and all of them now and then, since a message may be lost.</summary>
sealed class RecordedRelay(Broker broker, RecordSignals signals) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(5), Pause = TimeSpan.FromSeconds(1);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) => Task.WhenAll(HearAsync(stoppingToken), RemindAsync(stoppingToken));

    async Task HearAsync(CancellationToken stopping)
    {
        while (!stopping.IsCancellationRequested)
        {
            try
            {
                await foreach (var message in broker.Connection.SubscribeAsync<byte[]>(Subjects.RecordedOf(broker.Prefix, "*"), cancellationToken: stopping))
                {
                    signals.Raise(Subjects.IdOf(message.Subject));
                }
            }
            catch (Exception exception) when (Broker.IsTrouble(exception) && !stopping.IsCancellationRequested)
            {
                await Task.Delay(Pause, TimeProvider.System, stopping);
            }
        }
    }

    async Task RemindAsync(CancellationToken stopping)
    {
        using var timer = new PeriodicTimer(Interval);
        while (await timer.WaitForNextTickAsync(stopping))
        {
            signals.RaiseAll();
        }
    }
}
