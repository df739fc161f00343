using NATS.Client.ObjectStore.Models;

namespace LoraHub.Storage.Distributed;

/// <summary>What is too large for a message, as objects that messages name.</summary>
sealed class LargeContents(Broker broker)
{
    /// <summary>Half of what the server takes: the other half is for what a message holds besides, and for the answer that it is read from.</summary>
    int MostBytes => (broker.Connection.ServerInfo?.MaxPayload ?? 1024 * 1024) / 2;

    public bool Fits(byte[] message) => message.Length <= MostBytes;

    /// <returns>The name to get it by.</returns>
    public async Task<string> PutAsync<T>(string id, T value, CancellationToken cancellationToken)
    {
        var name = $"{id}/{Guid.NewGuid():N}";
        var streams = await broker.StreamsAsync(cancellationToken);
        await streams.Large.PutAsync(new ObjectMetadata { Name = name }, new MemoryStream(StoredJson.Write(value)), cancellationToken: cancellationToken);
        return name;
    }

    /// <returns>Null when it was removed.</returns>
    public async Task<T?> FindAsync<T>(string name, CancellationToken cancellationToken)
        where T : class
    {
        var large = (await broker.StreamsAsync(cancellationToken)).Large;
        return await large.FindAsync(name, cancellationToken) is null ? null : StoredJson.Read<T>(await large.GetBytesAsync(name, cancellationToken));
    }

    /// <summary>Removes it when nobody needs it any more; what stays for want of the server does no harm.</summary>
    public async Task RemoveAsync(string? name, CancellationToken cancellationToken)
    {
        try
        {
            if (name is not null)
            {
                await (await broker.StreamsAsync(cancellationToken)).Large.RemoveAsync(name, cancellationToken);
            }
        }
        catch (Exception exception) when (Broker.IsTrouble(exception))
        {
        }
    }
}
