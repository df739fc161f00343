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

    static readonly TimeSpan RemoveWithin = TimeSpan.FromSeconds(5);

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
        var acknowledged = await store.PublishAsync(name, record.Data, record.Seq, cancellationToken);
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
        if (!await stream.TryDeleteAsync(record.Seq, cancellationToken))
        {
            return false; // gone or refreshed
        }

        await stream.DeleteAllAsync(store.Parts(Read(record).Nuid!), cancellationToken);
        return true;
    }

    /// <summary>Removes the object. Writes nothing, unlike the client's own deletion, so that it makes room on a full server.</summary>
    /// <returns>False when the object does not exist.</returns>
    public static async Task<bool> RemoveAsync(this INatsObjStore store, string name, CancellationToken cancellationToken)
    {
        while (await store.FindRecordAsync(name, cancellationToken) is { } record)
        {
            if (await store.RemoveAsync(record, cancellationToken))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Stores an object. Removes the parts that were stored of one that was refused: the client leaves them behind.</summary>
    public static async Task<ObjectMetadata> PutWholeAsync(
        this INatsObjStore store, ObjectMetadata record, Stream content, CancellationToken cancellationToken)
    {
        try
        {
            return await store.PutAsync(record, content, leaveOpen: true, cancellationToken);
        }
        catch (Exception) when (record.Nuid is { Length: > 0 })
        {
            await store.TryRemovePartsAsync(record);
            throw;
        }
    }

    /// <summary>Publishes an object's record, which replaces the last one.</summary>
    /// <param name="last">The last one's sequence number, which is checked; 0 for none.</param>
    public static async Task<PubAckResponse> PublishAsync(
        this INatsObjStore store, string name, ReadOnlyMemory<byte> record, ulong last, CancellationToken cancellationToken) =>
        await store.JetStreamContext.PublishAsync(
            store.Record(name),
            record,
            opts: new NatsJSPubOpts { ExpectedLastSubjectSequence = last },
            headers: new NatsHeaders { ["Nats-Rollup"] = "sub" }, // replaces the last one
            cancellationToken: cancellationToken);

    /// <summary>Removes the parts of an object that is not stored.</summary>
    public static async Task TryRemovePartsAsync(this INatsObjStore store, ObjectMetadata refused)
    {
        using var limit = new CancellationTokenSource(RemoveWithin);
        try
        {
            if (await store.FindRecordAsync(refused.Name, limit.Token) is { } record && Read(record).Nuid == refused.Nuid)
            {
                return; // it is stored after all: only the acknowledgment was lost
            }

            var stream = await store.JetStreamContext.GetStreamAsync(store.Stream(), cancellationToken: limit.Token);
            await stream.DeleteAllAsync(store.Parts(refused.Nuid!), limit.Token);
        }
        catch (Exception exception) when (Broker.IsTransient(exception))
        {
            // The server is gone; the parts stay.
        }
    }

    /// <summary>The subject of an object's parts.</summary>
    public static string Parts(this INatsObjStore store, string nuid) => $"$O.{store.Bucket}.C.{nuid}";

    public static ObjectMetadata Read(StoredMessage record) => JsonSerializer.Deserialize<ObjectMetadata>(record.Data.Span)!;

    public static string Stream(this INatsObjStore store) => $"OBJ_{store.Bucket}";

    static string Record(this INatsObjStore store, string name) =>
        $"$O.{store.Bucket}.M.{Convert.ToBase64String(Encoding.UTF8.GetBytes(name)).Replace('+', '-').Replace('/', '_')}";
}
