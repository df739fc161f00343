using LoraHub.Core;
using NATS.Client.Core;

namespace LoraHub.Storage.Distributed;

/// <summary>Checks that NATS stores what it is given: a server without room answers every other request.</summary>
sealed class NatsHealth(Broker broker) : IEngineHealth
{
    const string Probe = "health";

    public async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        if (broker.Connection.ConnectionState != NatsConnectionState.Open)
        {
            return $"NATS cannot be reached or refuses the credentials ({DistributedOptions.Section}:{nameof(DistributedOptions.Nats)}).";
        }

        try
        {
            var values = (await broker.StreamsAsync(cancellationToken)).Values;
            await values.PutAsync(Probe, true, cancellationToken: cancellationToken); // replaces the last one
            return null;
        }
        catch (Exception exception) when (Broker.IsFull(exception))
        {
            return "NATS has no room left: delete files or results of predictions, or raise its storage limit.";
        }
        catch (Exception exception) when (Broker.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            return "NATS rejects requests: enable JetStream, give it enough storage, and allow this user to use it.";
        }
    }
}
