using System.Text;
using System.Text.Json;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using NATS.Client.ObjectStore;
using NATS.Client.ObjectStore.Models;

namespace LoraHub.Storage.Distributed;

static class ObjectStores
{
    /// <summary>The server's error code for a missing message.</summary>
    public const int NoMessageFound = 10037;

    /// <returns>Null when the object does not exist.</returns>
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

    /// <summary>Lists all objects. The client's own list hangs when an object is removed during it.</summary>
    public static async Task<IReadOnlyList<ObjectMetadata>> AllAsync(this INatsObjStore store, CancellationToken cancellationToken)
    {
        var stream = await store.JetStreamContext.GetStreamAsync(store.Stream(), cancellationToken: cancellationToken);
        var all = new List<ObjectMetadata>();
        for (ulong next = 1; await stream.FindNextAsync($"$O.{store.Bucket}.M.>", next, cancellationToken) is { } message; next = message.Seq + 1)
        {
            if (JsonSerializer.Deserialize<ObjectMetadata>(message.Data.Span) is { Deleted: false } found)
            {
                all.Add(found with { MTime = message.Time }); // the record's own time is that of the first put
            }
        }

        return all;
    }

    /// <returns>The first message on the subjects at or after a sequence number, or null when there is none.</returns>
    public static async Task<StoredMessage?> FindNextAsync(
        this INatsJSStream stream, string subjects, ulong from, CancellationToken cancellationToken)
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

    /// <returns>The object's record in the stream, or null when the object does not exist.</returns>
    public static async Task<StoredMessage?> FindRecordAsync(this INatsObjStore store, string name, CancellationToken cancellationToken)
    {
        var stream = await store.JetStreamContext.GetStreamAsync(store.Stream(), cancellationToken: cancellationToken);
        try
        {
            var record = (await stream.GetAsync(new StreamMsgGetRequest { LastBySubj = store.Record(name) }, cancellationToken)).Message;
            return Read(record).Deleted ? null : record;
        }
        catch (NatsJSApiException exception) when (exception.Error.ErrCode == NoMessageFound)
        {
            return null;
        }
    }

    /// <summary>Sets the object's time to now.</summary>
    /// <returns>False when its record has changed.</returns>
    public static async Task<bool> RefreshAsync(this INatsObjStore store, string name, StoredMessage record, CancellationToken cancellationToken)
    {
        var acknowledged = await store.JetStreamContext.PublishAsync(
            store.Record(name),
            record.Data,
            opts: new NatsJSPubOpts { ExpectedLastSubjectSequence = record.Seq },
            headers: new NatsHeaders { ["Nats-Rollup"] = "sub" }, // replaces the old record
            cancellationToken: cancellationToken);
        if (acknowledged.Error?.ErrCode == EventLog.WrongLastSequence)
        {
            return false;
        }

        acknowledged.EnsureSuccess();
        return true;
    }

    /// <summary>Removes the object unless its record has changed. A concurrent refresh wins, or is refused and its caller uploads again.</summary>
    /// <returns>False when the record has changed or is gone.</returns>
    public static async Task<bool> RemoveAsync(this INatsObjStore store, StoredMessage record, CancellationToken cancellationToken)
    {
        var stream = await store.JetStreamContext.GetStreamAsync(store.Stream(), cancellationToken: cancellationToken);
        try
        {
            await stream.DeleteMessageAsync(new StreamMsgDeleteRequest { Seq = record.Seq }, cancellationToken);
        }
        catch (NatsJSApiException)
        {
            return false; // gone or refreshed
        }

        await stream.PurgeAsync(new StreamPurgeRequest { Filter = $"$O.{store.Bucket}.C.{Read(record).Nuid}" }, cancellationToken);
        return true;
    }

    /// <returns>False when the object does not exist.</returns>
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

        // The client leaves a deletion marker, which would never expire.
        await store.JetStreamContext.PurgeStreamAsync(store.Stream(), new StreamPurgeRequest { Filter = store.Record(name) }, cancellationToken);
        return true;
    }

    static string Stream(this INatsObjStore store) => $"OBJ_{store.Bucket}";

    static string Record(this INatsObjStore store, string name) =>
        $"$O.{store.Bucket}.M.{Convert.ToBase64String(Encoding.UTF8.GetBytes(name)).Replace('+', '-').Replace('/', '_')}";

    static ObjectMetadata Read(StoredMessage record) => JsonSerializer.Deserialize<ObjectMetadata>(record.Data.Span)!;
}
