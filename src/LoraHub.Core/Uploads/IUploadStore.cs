namespace LoraHub.Core.Uploads;

/// <summary>Files that clients sent, each until it expires. Any text may be asked for as an id.</summary>
public interface IUploadStore
{
    /// <summary>Begins a file. The caller disposes the writer; what was not completed by then leaves no trace.</summary>
    /// <returns>Null when all files together take as much as they may (<see cref="UploadOptions.MaxTotalBytes"/>).</returns>
    Task<IUploadWriter?> CreateAsync(CancellationToken cancellationToken);

    Task<Upload?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Newest first.</summary>
    /// <param name="after">Only what comes after this place in the list, i.e. is older; null for the first page.</param>
    Task<IReadOnlyList<Upload>> ListAsync(UploadPosition? after, int limit, CancellationToken cancellationToken);

    /// <summary>A seekable stream of the content that the caller disposes, or null when there is no such file.</summary>
    Task<Stream?> OpenReadAsync(string id, CancellationToken cancellationToken);

    /// <returns>False when there is no such file.</returns>
    Task<bool> DeleteAsync(string id, CancellationToken cancellationToken);

    /// <summary>Deletes what has expired, which nobody finds any more.</summary>
    Task SweepAsync(CancellationToken cancellationToken);
}

/// <summary>A file that comes in; for one caller at a time.</summary>
public interface IUploadWriter : IAsyncDisposable
{
    /// <returns>False, and nothing is written, when all files together would take more than they may.</returns>
    Task<bool> WriteAsync(ReadOnlyMemory<byte> bytes, CancellationToken cancellationToken);

    /// <summary>Makes it a file that is found. The last call.</summary>
    Task<Upload> CompleteAsync(UploadDetails details, CancellationToken cancellationToken);
}
