using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

namespace LoraHub.Storage.Distributed;

/// <summary>
/// Deletes messages one by one. A purge by subject is one request, but NATS 2.9 goes on counting what it purged against the server's storage limit.
/// </summary>
static class StoredMessages
{
    const int AtOnce = 500;

    static readonly TimeSpan ReadWithin = TimeSpan.FromSeconds(30);

    /// <summary>Deletes the messages of a subject that are there now.</summary>
    public static async Task DeleteAllAsync(this INatsJSStream stream, string subject, CancellationToken cancellationToken)
    {
        var reader = await stream.CreateOrUpdateConsumerAsync(
            new ConsumerConfig($"delete-{Guid.NewGuid():N}") // NATS 2.9 refuses a filter for a consumer without a name
            {
                FilterSubject = subject,
                DeliverPolicy = ConsumerConfigDeliverPolicy.All,
                AckPolicy = ConsumerConfigAckPolicy.None,
                HeadersOnly = true, // the parts of a file are long
                MemStorage = true,
                InactiveThreshold = ReadWithin,
            },
            cancellationToken);
        try
        {
            for (var count = 1; count > 0;)
            {
                count = 0;
                var options = new NatsJSFetchOpts { MaxMsgs = AtOnce };
                await foreach (var message in reader.FetchNoWaitAsync<byte[]>(options, cancellationToken: cancellationToken))
                {
                    count++;
                    if (message.Subject == subject)
                    {
                        await stream.TryDeleteAsync(message.Metadata!.Value.Sequence.Stream, cancellationToken);
                    }
                }
            }
        }
        finally
        {
            await stream.DeleteConsumerAsync(reader.Info.Name, cancellationToken);
        }
    }

    /// <returns>False when it is gone already.</returns>
    public static async Task<bool> TryDeleteAsync(this INatsJSStream stream, ulong sequence, CancellationToken cancellationToken)
    {
        try
        {
            var request = new StreamMsgDeleteRequest { Seq = sequence, NoErase = true };
            return await stream.DeleteMessageAsync(request, cancellationToken) is { Success: true };
        }
        catch (NatsJSApiException)
        {
            return false;
        }
    }
}
