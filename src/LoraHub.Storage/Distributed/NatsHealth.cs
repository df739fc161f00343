using LoraHub.Core;
using NATS.Client.Core;

namespace LoraHub.Storage.Distributed;

sealed class NatsHealth(Broker broker) : IEngineHealth
{
    public async Task<string?> TroubleAsync(CancellationToken cancellationToken)
    {
        if (broker.Connection.ConnectionState != NatsConnectionState.Open)
        {
            return $"NATS cannot be reached, or refuses the user ({DistributedOptions.Section}:{nameof(DistributedOptions.Nats)}).";
        }

        try
        {
            await broker.StreamsAsync(cancellationToken);
            await broker.Connection.PingAsync(cancellationToken);
            return null;
        }
        catch (Exception exception) when (Broker.IsTrouble(exception) && !cancellationToken.IsCancellationRequested)
        {
            return "NATS does not do what it is asked: JetStream must be on, have room, and be allowed to this user.";
        }
    }
}
