using System.Security.Cryptography;
using System.Text.Json;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Uploads;
using LoraHub.Storage.Embedded;
using Microsoft.Extensions.Options;
using NATS.Client.ObjectStore.Models;

namespace LoraHub.Storage.Distributed;

/// <summary>Uploads as objects on the NATS server, with their details in the objects' records, so that every node can find them.</summary>
sealed class ObjectUploads(Broker broker, IOptions<UploadOptions> options, IOptions<DataOptions> data, TimeProvider time) : IUploadStore
{
    const string Record = "upload", ClientsMetadata = "metadata";
    static readonly TimeSpan SweepInterval = TimeSpan.FromSeconds(10);

    readonly string _incoming = Path.Combine(data.Value.Path, "uploads", "incoming");
    long? _sweptAt;
    long _stored, _incomingBytes; // bytes on the server at the last sweep, and bytes that this node is receiving

    public async Task<IUploadWriter?> CreateAsync(CancellationToken cancellationToken)
    {
        if (_sweptAt is not { } last || TimeProvider.System.GetElapsedTime(last) > SweepInterval) // other nodes store files too
        {
            await SweepAsync(cancellationToken);
        }

        return await TryReserveAsync(FileUploadStore.Overhead, cancellationToken) ? new ObjectUploadWriter(this, NewFile()) : null;
    }

    public async Task<Upload?> FindAsync(string id, CancellationToken cancellationToken)
    {
        if (!IsId(id))
        {
            return null;
        }

        var found = await broker.AskAsync(streams => streams.Uploads.FindAsync(id, cancellationToken), cancellationToken);
        return found is not null && Read(found) is { } upload && IsAlive(upload) ? upload : null;
    }

    public async Task<IReadOnlyList<Upload>> ListAsync(UploadPosition? after, int limit, CancellationToken cancellationToken) =>
    [
        .. (await AllAsync(cancellationToken))
            .Where(upload => IsAlive(upload) && (after is null || FileUploadStore.Compare(upload, after) < 0))
            .OrderByDescending(upload => upload.CreatedAt).ThenByDescending(upload => upload.Id, StringComparer.Ordinal)
            .Take(limit),
    ];

    public async Task<Stream?> OpenReadAsync(string id, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is null)
        {
            return null;
        }

        var content = NewFile();
        try
        {
            await broker.AskAsync(streams => streams.Uploads.GetAsync(id, content, leaveOpen: true, cancellationToken).AsTask(), cancellationToken);
            content.Position = 0;
            return content;
        }
        catch (Exception exception)
        {
            await content.DisposeAsync();
            if (await FindAsync(id, cancellationToken) is null)
            {
                return null; // deleted meanwhile
            }

            throw new StorageUnavailableException("The file could not be read; try again.", exception);
        }
    }

    public async Task<bool> DeleteAsync(string id, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is not { } upload
            || !await broker.AskAsync(streams => streams.Uploads.RemoveAsync(id, cancellationToken), cancellationToken))
        {
            return false;
        }

        Interlocked.Add(ref _stored, -upload.Size - FileUploadStore.Overhead);
        return true;
    }

    public async Task SweepAsync(CancellationToken cancellationToken)
    {
        var all = await AllAsync(cancellationToken);
        var left = all.Where(IsAlive).ToList();
        foreach (var expired in all.Where(upload => !IsAlive(upload)))
        {
            try
            {
                await broker.AskAsync(streams => streams.Uploads.RemoveAsync(expired.Id, cancellationToken), cancellationToken);
            }
            catch (StorageUnavailableException)
            {
                left.Add(expired); // the next sweep retries it; an upload that has room without it goes on
            }
        }

        _sweptAt = TimeProvider.System.GetTimestamp();
        Interlocked.Exchange(ref _stored, left.Sum(upload => upload.Size + FileUploadStore.Overhead));
    }

    /// <returns>False when the uploads would exceed their limit; then nothing is reserved.</returns>
    internal async Task<bool> TryReserveAsync(long bytes, CancellationToken cancellationToken)
    {
        if (TryReserve(bytes))
        {
            return true;
        }

        await SweepAsync(cancellationToken); // expired uploads may have left room
        return TryReserve(bytes);
    }

    internal void Release(long bytes) => Interlocked.Add(ref _incomingBytes, -bytes);

    /// <summary>Stores a received file. The caller releases the bytes it reserved.</summary>
    internal async Task<Upload> AddAsync(UploadDetails details, Stream content, string sha256, string md5, CancellationToken cancellationToken)
    {
        var now = time.GetUtcNow();
        var upload = new Upload
        {
            Id = PredictionId.New(),
            Name = details.Name,
            ContentType = details.ContentType,
            Size = content.Length,
            Sha256 = sha256,
            Md5 = md5,
            Metadata = details.Metadata,
            CreatedAt = now,
            ExpiresAt = now + options.Value.KeepFor,
        };
        var metadata = upload.Metadata.ToDictionary(one => one.Key, one => one.Value.GetRawText()); // verbatim
        var record = new ObjectMetadata
        {
            Name = upload.Id,
            Metadata = new Dictionary<string, string>(StringComparer.Ordinal)
            {
                [Record] = JsonSerializer.Serialize(upload with { Metadata = new Dictionary<string, JsonElement>() }),
                [ClientsMetadata] = JsonSerializer.Serialize(metadata),
            },
        };
        await broker.AskAsync(streams => streams.Uploads.PutWholeAsync(record, content, cancellationToken), cancellationToken);
        Interlocked.Add(ref _stored, upload.Size + FileUploadStore.Overhead);
        return upload;
    }

    bool TryReserve(long bytes)
    {
        if (Interlocked.Add(ref _incomingBytes, bytes) + Interlocked.Read(ref _stored) <= options.Value.MaxTotalBytes)
        {
            return true;
        }

        Release(bytes);
        return false;
    }

    async Task<IReadOnlyList<Upload>> AllAsync(CancellationToken cancellationToken)
    {
        var all = await broker.AskAsync(streams => streams.Uploads.AllAsync(cancellationToken), cancellationToken);
        return [.. all.Select(Read).OfType<Upload>()];
    }

    /// <summary>Creates a file that is deleted when it is closed.</summary>
    FileStream NewFile() => new(Path.Combine(Directory.CreateDirectory(_incoming).FullName, Path.GetRandomFileName()), new FileStreamOptions
    {
        Mode = FileMode.CreateNew,
        Access = FileAccess.ReadWrite,
        Options = FileOptions.Asynchronous | FileOptions.DeleteOnClose,
    });

    bool IsAlive(Upload upload) => time.GetUtcNow() < upload.ExpiresAt;

    /// <returns>Null for an object that holds no readable upload.</returns>
    static Upload? Read(ObjectMetadata found)
    {
        if (found.Metadata is not { } known || !known.TryGetValue(Record, out var record) || !known.TryGetValue(ClientsMetadata, out var metadata))
        {
            return null;
        }

        try
        {
            return JsonSerializer.Deserialize<Upload>(record)! with
            {
                Metadata = JsonSerializer.Deserialize<Dictionary<string, string>>(metadata)!
                    .ToDictionary(one => one.Key, one => JsonElement.Parse(one.Value)),
            };
        }
        catch (JsonException)
        {
            return null;
        }
    }

    static bool IsId(string text) => text.Length == 26 && text.All(letter => letter is (>= 'a' and <= 'z') or (>= '2' and <= '7'));
}

/// <summary>Receives an upload's content; the store sends it to the server when it is complete.</summary>
sealed class ObjectUploadWriter(ObjectUploads store, Stream content) : IUploadWriter
{
    readonly IncrementalHash _sha256 = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
    readonly IncrementalHash _md5 = IncrementalHash.CreateHash(HashAlgorithmName.MD5);
    long _reserved = FileUploadStore.Overhead;

    public async Task<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken)
    {
        if (!await store.TryReserveAsync(bytes.Length, cancellationToken))
        {
            return false;
        }

        _reserved += bytes.Length;
        _sha256.AppendData(bytes.Span);
        _md5.AppendData(bytes.Span);
        await content.WriteAsync(bytes, cancellationToken);
        return true;
    }

    public async Task<Upload> CompleteAsync(UploadDetails details, CancellationToken cancellationToken)
    {
        content.Position = 0;
        var sha256 = Convert.ToHexStringLower(_sha256.GetHashAndReset());
        var md5 = Convert.ToHexStringLower(_md5.GetHashAndReset());
        var upload = await store.AddAsync(details, content, sha256, md5, cancellationToken);
        ReleaseRoom();
        return upload;
    }

    public async ValueTask DisposeAsync()
    {
        ReleaseRoom();
        _sha256.Dispose();
        _md5.Dispose();
        await content.DisposeAsync();
    }

    void ReleaseRoom()
    {
        store.Release(_reserved);
        _reserved = 0;
    }
}
