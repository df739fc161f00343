using System.Security.Cryptography;
using System.Text.Json;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using NATS.Client.ObjectStore;
using NATS.Client.ObjectStore.Models;

namespace LoraHub.Storage.Distributed;

/// <summary>
/// Objects that are replaced, and read meanwhile. The client's own replacement purges the old parts, which NATS 2.9 goes on counting
/// (<see cref="StoredMessages"/>). Its own read never ends when the parts are removed during it. An object's name is a token of the subjects of its
/// parts, so that those of a killed process are found.
/// </summary>
static class ReplacedObjects
{
    const int PartBytes = 256 * 1024; // fits a message with room for the envelope of a read

    /// <summary>Replaces the object of that name, or changes nothing.</summary>
    /// <param name="name">Letters, digits and hyphens.</param>
    public static async Task<bool> ReplaceAsync(this INatsObjStore store, string name, Stream content, CancellationToken cancellationToken)
    {
        var record = new ObjectMetadata
        {
            Name = name,
            Bucket = store.Bucket,
            Nuid = $"{name}.{Guid.NewGuid():N}",
            Options = new MetaDataOptions { MaxChunkSize = PartBytes },
        };
        StoredMessage? last;
        try
        {
            await store.PutPartsAsync(record, content, cancellationToken);
            last = await store.FindRecordAsync(name, cancellationToken);
            (await store.PublishAsync(name, JsonSerializer.SerializeToUtf8Bytes(record), last?.Seq ?? 0, cancellationToken)).EnsureSuccess();
        }
        catch
        {
            await store.TryRemovePartsAsync(record);
            throw;
        }

        if (last is not null)
        {
            await store.TryRemovePartsAsync(ObjectStores.Read(last));
        }

        return last is not null;
    }

    /// <summary>Reads an object's content.</summary>
    /// <returns>False when it is not what the record says, for example because the object was replaced.</returns>
    public static async Task<bool> TryReadAsync(
        this INatsObjStore store, ObjectMetadata record, Stream content, CancellationToken cancellationToken)
    {
        var stream = await store.JetStreamContext.GetStreamAsync(store.Stream(), cancellationToken: cancellationToken);
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        for (ulong next = 1; await stream.FindNextAsync(store.Parts(record.Nuid!), next, cancellationToken) is { } part; next = part.Seq + 1)
        {
            sha256.AppendData(part.Data.Span);
            await content.WriteAsync(part.Data, cancellationToken);
        }

        return record.Digest == Digest(sha256);
    }

    /// <summary>Removes an object, and all parts that killed processes have left of it. Writes nothing.</summary>
    public static async Task<bool> RemoveAllAsync(this INatsObjStore store, string name, CancellationToken cancellationToken)
    {
        var isRemoved = await store.RemoveAsync(name, cancellationToken);
        foreach (var parts in await store.SubjectsOfPartsAsync($"{name}.*", cancellationToken))
        {
            var stream = await store.JetStreamContext.GetStreamAsync(store.Stream(), cancellationToken: cancellationToken);
            await stream.DeleteAllAsync(parts, cancellationToken);
        }

        return isRemoved;
    }

    /// <summary>Lists the names of all objects, and of those that a killed process has left parts of.</summary>
    public static async Task<IReadOnlyList<string>> NamesAsync(this INatsObjStore store, CancellationToken cancellationToken)
    {
        var stored = await store.AllAsync(cancellationToken);
        var parts = await store.SubjectsOfPartsAsync("*.*", cancellationToken);
        return [.. stored.Select(record => record.Name).Concat(parts.Select(subject => subject.Split('.')[^2])).Distinct()];
    }

    static async Task<IEnumerable<string>> SubjectsOfPartsAsync(this INatsObjStore store, string filter, CancellationToken cancellationToken)
    {
        var request = new StreamInfoRequest { SubjectsFilter = store.Parts(filter) };
        return (await store.JetStreamContext.GetStreamAsync(store.Stream(), request, cancellationToken)).Info.State.Subjects?.Keys ?? [];
    }

    /// <summary>Stores the parts, and completes the record.</summary>
    static async Task PutPartsAsync(this INatsObjStore store, ObjectMetadata record, Stream content, CancellationToken cancellationToken)
    {
        using var sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        var part = new byte[PartBytes];
        int bytes;
        while ((bytes = await content.ReadAtLeastAsync(part, part.Length, throwOnEndOfStream: false, cancellationToken)) > 0)
        {
            sha256.AppendData(part, 0, bytes);
            var acknowledged = await store.JetStreamContext.PublishAsync(
                store.Parts(record.Nuid!), part.AsMemory(0, bytes), cancellationToken: cancellationToken);
            acknowledged.EnsureSuccess();
            record.Size += (ulong)bytes;
            record.Chunks++;
        }

        record.Digest = Digest(sha256);
    }

    static string Digest(IncrementalHash sha256) =>
        $"SHA-256={Convert.ToBase64String(sha256.GetHashAndReset()).Replace('+', '-').Replace('/', '_')}";
}
