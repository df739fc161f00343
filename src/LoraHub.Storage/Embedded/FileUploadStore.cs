using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Uploads;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Embedded;

/// <summary>
/// Stores uploads as folders named by id, in <c>files/</c> of the data folder; each holds the content and a record. It reads the records once,
/// since only this process changes them.
/// </summary>
sealed class FileUploadStore(
    IOptions<DataOptions> data, IOptions<UploadOptions> options, TimeProvider time, ILogger<FileUploadStore> logger) : IUploadStore
{
    /// <summary>Disk usage of an upload besides its content, in bytes: a folder and its record.</summary>
    internal const int Overhead = 16 * 1024;

    readonly Lock _lock = new();
    readonly UploadFolders _folders = new(Path.Combine(data.Value.Path, "files"), logger);
    Dictionary<string, Upload>? _uploads;
    long _used; // bytes of all uploads, including unfinished ones

    internal UploadFolders Folders => _folders;

    public async Task<IUploadWriter?> CreateAsync(CancellationToken cancellationToken)
    {
        await SweepAsync(cancellationToken); // frees space, as far as possible
        if (!TryReserve(Overhead))
        {
            return null;
        }

        return new FileUploadWriter(this, Directory.CreateDirectory(_folders.NewTemporary()).FullName);
    }

    public Task<Upload?> FindAsync(string id, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult(Uploads().TryGetValue(id, out var upload) && IsAlive(upload) ? upload : null);
        }
    }

    public Task<IReadOnlyList<Upload>> ListAsync(UploadPosition? after, int limit, CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            return Task.FromResult<IReadOnlyList<Upload>>(
            [
                .. Uploads().Values
                    .Where(upload => IsAlive(upload) && (after is null || Compare(upload, after) < 0))
                    .OrderByDescending(upload => upload.CreatedAt).ThenByDescending(upload => upload.Id, StringComparer.Ordinal)
                    .Take(limit),
            ]);
        }
    }

    public async Task<Stream?> OpenReadAsync(string id, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is null)
        {
            return null;
        }

        try
        {
            return new FileStream(Path.Combine(_folders.Of(id), UploadFolders.Content), new FileStreamOptions
            {
                Options = FileOptions.Asynchronous,
                Share = FileShare.Read | FileShare.Delete,
            });
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            TryDelete(id); // its content was removed by hand, or it was deleted in between
            return null;
        }
    }

    public async Task<bool> DeleteAsync(string id, CancellationToken cancellationToken)
    {
        if (await FindAsync(id, cancellationToken) is null)
        {
            return false;
        }

        return Delete(id);
    }

    public Task SweepAsync(CancellationToken cancellationToken)
    {
        string[] expired;
        lock (_lock)
        {
            expired = [.. Uploads().Values.Where(upload => !IsAlive(upload)).Select(upload => upload.Id)];
        }

        foreach (var id in expired)
        {
            TryDelete(id);
        }

        return Task.CompletedTask;
    }

    /// <returns>False, with nothing changed, when the uploads would exceed their limit.</returns>
    internal bool TryReserve(long bytes)
    {
        lock (_lock)
        {
            if (_used + bytes > options.Value.MaxTotalBytes)
            {
                return false;
            }

            _used += bytes;
            return true;
        }
    }

    internal void Release(long bytes)
    {
        lock (_lock)
        {
            _used -= bytes;
        }
    }

    internal Upload Describe(UploadDetails details, long size, string sha256, string md5)
    {
        var now = time.GetUtcNow();
        return new Upload
        {
            Id = PredictionId.New(),
            Name = details.Name,
            ContentType = details.ContentType,
            Size = size,
            Sha256 = sha256,
            Md5 = md5,
            Metadata = details.Metadata,
            CreatedAt = now,
            ExpiresAt = now + options.Value.KeepFor,
        };
    }

    /// <summary>Adds a completed folder to the uploads.</summary>
    internal void Add(Upload upload, string folder)
    {
        lock (_lock)
        {
            var uploads = Uploads();
            Directory.Move(folder, _folders.Of(upload.Id));
            uploads.Add(upload.Id, upload);
        }
    }

    /// <summary>Deletes an upload, or logs why that is impossible; the next sweep retries it.</summary>
    void TryDelete(string id)
    {
        try
        {
            Delete(id);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            _folders.LogNotDeleted(id, exception);
        }
    }

    bool Delete(string id)
    {
        var deleted = _folders.NewTemporary();
        lock (_lock)
        {
            if (!Uploads().TryGetValue(id, out var upload))
            {
                return false;
            }

            if (Directory.Exists(_folders.Of(id))) // else it was removed by hand
            {
                Directory.Move(_folders.Of(id), deleted); // atomic
            }

            _uploads!.Remove(id);
            _used -= upload.Size + Overhead;
        }

        _folders.TryRemove(deleted);
        return true;
    }

    /// <summary>The records. The caller must hold the lock.</summary>
    Dictionary<string, Upload> Uploads()
    {
        if (_uploads is null)
        {
            _folders.TryRemove(_folders.Temporary); // left by a killed process
            _uploads = _folders.Read().ToDictionary(upload => upload.Id);
            _used = _uploads.Values.Sum(upload => upload.Size + Overhead);
        }

        return _uploads;
    }

    bool IsAlive(Upload upload) => time.GetUtcNow() < upload.ExpiresAt;

    internal static int Compare(Upload upload, UploadPosition position) =>
        upload.CreatedAt != position.CreatedAt ? upload.CreatedAt.CompareTo(position.CreatedAt) : string.CompareOrdinal(upload.Id, position.Id);
}
