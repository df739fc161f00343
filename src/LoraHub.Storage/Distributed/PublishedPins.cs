using LoraHub.Core;
using LoraHub.Core.Deployments;
using LoraHub.Core.Threading;
using LoraHub.Storage.Records.Deployments;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NATS.Client.KeyValueStore;

namespace LoraHub.Storage.Distributed;

/// <summary>What deployments keep loaded, as a value on the NATS server: workers have no database.</summary>
sealed class PublishedPins(Broker broker, IOptions<QueueOptions> queue) : IPinnedVersions
{
    const string Name = "pinned";

    public async Task<IReadOnlySet<PinnedVersion>> ReadAsync(CancellationToken cancellationToken)
    {
        var value = await broker.AskAsync(streams => FindAsync(streams, cancellationToken), cancellationToken);
        return StoredJson.Read<Pin[]>(value).Of(queue.Value.Hardware);
    }

    /// <summary>Puts the value in place of another one.</summary>
    public Task PublishAsync(IReadOnlyList<Pin> pins, CancellationToken cancellationToken) => broker.AskAsync(
        async streams =>
        {
            var (value, known) = (StoredJson.Write(pins), await FindAsync(streams, cancellationToken));
            if (!value.SequenceEqual(known))
            {
                await streams.Values.PutAsync(Name, value, cancellationToken: cancellationToken);
            }

            return true;
        },
        cancellationToken);

    static async Task<byte[]> FindAsync(Streams streams, CancellationToken cancellationToken)
    {
        var found = await streams.Values.TryGetEntryAsync<byte[]>(Name, cancellationToken: cancellationToken);
        if (found is { Success: false, Error: not NatsKVKeyNotFoundException })
        {
            throw found.Error;
        }

        return found.Success ? found.Value.Value! : "[]"u8.ToArray();
    }
}

/// <summary>Publishes what deployments keep loaded. Every API node does so, so that none is needed in particular.</summary>
sealed partial class PinRelay(RecordPins records, PublishedPins published, ILogger<PinRelay> logger) : BackgroundService
{
    static readonly TimeSpan Interval = TimeSpan.FromSeconds(2);

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Periodic.RunAsync(Interval, TimeProvider.System, RelayAsync, exception => LogLater(exception.GetType()), firstAtOnce: true, stoppingToken);

    async Task RelayAsync(CancellationToken cancellationToken) =>
        await published.PublishAsync(await records.AllAsync(cancellationToken), cancellationToken);

    [LoggerMessage(LogLevel.Debug, "Could not publish which versions deployments keep loaded ({ExceptionType}); retrying in 2 seconds.")]
    partial void LogLater(Type exceptionType);
}
