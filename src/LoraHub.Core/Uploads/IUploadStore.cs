namespace LoraHub.Core.Uploads;

/// <summary>Stores uploaded files until they expire. Methods accept any text as an id.</summary>
public interface IUploadStore
{
    /// <summary>Starts a new file. The caller disposes the writer, which discards a file that was not completed.</summary>
    /// <returns>Null when the files have reached <see cref="UploadOptions.MaxTotalBytes"/>.</returns>
    Task<IUploadWriter?> CreateAsync(CancellationToken cancellationToken);

    Task<Upload?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    /// <param name="after">Returns only files after this position, i.e. older ones; null for the first page.</param>
    Task<IReadOnlyList<Upload>> ListAsync(UploadPosition? after, int limit, CancellationToken cancellationToken);

    /// <summary>Opens the content as a seekable stream, which the caller disposes; returns null when there is no such file.</summary>
    Task<Stream?> OpenReadAsync(string id, CancellationToken cancellationToken);

    /// <returns>False when there is no such file.</returns>
    Task<bool> DeleteAsync(string id, CancellationToken cancellationToken);

    /// <summary>Deletes expired files.</summary>
    Task SweepAsync(CancellationToken cancellationToken);
}

/// <summary>Writes one uploaded file. Not thread-safe.</summary>
public interface IUploadWriter : IAsyncDisposable
{
    /// <returns>False, with nothing written, when the files would exceed <see cref="UploadOptions.MaxTotalBytes"/>.</returns>
    Task<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Completes the file and makes it visible to lookups. Must be the last call.</summary>
    Task<Upload> CompleteAsync(UploadDetails details, CancellationToken cancellationToken);
}
