using NATS.Client.ObjectStore.Models;

namespace LoraHub.Storage.Distributed;

/// <summary>Content that is too large for a message, stored as objects that messages refer to.</summary>
sealed class LargeContents(Broker broker)
{
    /// <summary>Half of the server's payload limit: the rest is for headers and for the envelope of a read.</summary>
    int MaxBytes => (broker.Connection.ServerInfo?.MaxPayload ?? 1024 * 1024) / 2;

    public bool Fits(byte[] message) => message.Length <= MaxBytes;

    /// <returns>The object's name.</returns>
    public async Task<string> PutAsync<T>(string id, T value, CancellationToken cancellationToken)
    {
        var name = $"{id}/{Guid.NewGuid():N}";
        var streams = await broker.StreamsAsync(cancellationToken);
        var content = new MemoryStream(StoredJson.Write(value));
        await streams.Large.PutWholeAsync(new ObjectMetadata { Name = name }, content, cancellationToken);
        return name;
    }

    /// <returns>Null when it was removed.</returns>
    public async Task<T?> FindAsync<T>(string name, CancellationToken cancellationToken)
        where T : class
    {
        var large = (await broker.StreamsAsync(cancellationToken)).Large;
        return await large.FindAsync(name, cancellationToken) is null ? null : StoredJson.Read<T>(await large.GetBytesAsync(name, cancellationToken));
    }

    /// <summary>Removes an object that is no longer needed. An object that stays because the server is unreachable does no harm.</summary>
    public async Task RemoveAsync(string? name, CancellationToken cancellationToken)
    {
        try
        {
            if (name is not null)
            {
                await (await broker.StreamsAsync(cancellationToken)).Large.RemoveAsync(name, cancellationToken);
            }
        }
        catch (Exception exception) when (Broker.IsTransient(exception))
        {
        }
    }
}
