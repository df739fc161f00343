using LoraHub.Core;
using NATS.Client.Core;

namespace LoraHub.Storage.Distributed;

sealed class NatsHealth(Broker broker) : IEngineHealth
{
    public async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        if (broker.Connection.ConnectionState != NatsConnectionState.Open)
        {
            return $"NATS cannot be reached or refuses the credentials ({DistributedOptions.Section}:{nameof(DistributedOptions.Nats)}).";
        }

        try
        {
            await broker.StreamsAsync(cancellationToken);
            await broker.Connection.PingAsync(cancellationToken);
            return null;
        }
        catch (Exception exception) when (Broker.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            return "NATS rejects requests: enable JetStream, give it enough storage, and allow this user to use it.";
        }
    }
}
