using System.Text;
using System.Text.Json;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using NATS.Client.ObjectStore;
using NATS.Client.ObjectStore.Models;

namespace LoraHub.Storage.Distributed;

static class ObjectStores
{
    /// <summary>The server's code for this.</summary>
    public const int NoMessageFound = 10037;

    /// <returns>Null when there is no such object.</returns>
    public static async Task<ObjectMetadata?> FindAsync(this INatsObjStore store, string name, CancellationToken cancellationToken)
    {
        try
        {
            return await store.GetInfoAsync(name, cancellationToken: cancellationToken);
        }
        catch (NatsObjNotFoundException)
        {
            return null;
        }
    }

    /// <summary>All objects. The client's own list waits for ever when one is removed meanwhile.</summary>
    public static async Task<IReadOnlyList<ObjectMetadata>> AllAsync(this INatsObjStore store, CancellationToken cancellationToken)
    {
        var stream = await store.JetStreamContext.GetStreamAsync($"OBJ_{store.Bucket}", cancellationToken: cancellationToken);
        var all = new List<ObjectMetadata>();
        for (ulong next = 1; await stream.FindNextAsync($"$O.{store.Bucket}.M.>", next, cancellationToken) is { } message; next = message.Seq + 1)
        {
            if (JsonSerializer.Deserialize<ObjectMetadata>(message.Data.Span) is { Deleted: false } found)
            {
                all.Add(found with { MTime = message.Time }); // the record's own stays that of the first put
            }
        }

        return all;
    }

    /// <returns>The first message on the subjects from a sequence number on, or null when there is none.</returns>
    public static async Task<StoredMessage?> FindNextAsync(this INatsJSStream stream, string subjects, ulong from, CancellationToken cancellationToken)
    {
        try
        {
            return (await stream.GetAsync(new StreamMsgGetRequest { Seq = from, NextBySubj = subjects }, cancellationToken)).Message;
        }
        catch (NatsJSApiException exception) when (exception.Error.ErrCode == NoMessageFound)
        {
            return null;
        }
    }

    /// <returns>False when there is no such object.</returns>
    public static async Task<bool> RemoveAsync(this INatsObjStore store, string name, CancellationToken cancellationToken)
    {
        try
        {
            await store.DeleteAsync(name, cancellationToken);
        }
        catch (NatsObjNotFoundException)
        {
            return false;
        }

        // What says that it was deleted would stay for ever.
        var record = $"$O.{store.Bucket}.M.{Convert.ToBase64String(Encoding.UTF8.GetBytes(name)).Replace('+', '-').Replace('/', '_')}";
        await store.JetStreamContext.PurgeStreamAsync($"OBJ_{store.Bucket}", new StreamPurgeRequest { Filter = record }, cancellationToken);
        return true;
    }
}
