namespace LoraHub.Core.Predictions;

/// <summary>Stores immutable blobs under their digests.</summary>
public interface IBlobStore
{
    /// <summary>Stores the stream's content from its current position. Equal content is stored once.</summary>
    /// <returns>SHA-256 in 64 lower-case hexadecimal digits.</returns>
    Task<string> PutAsync(Stream content, CancellationToken cancellationToken);

    /// <summary>Opens a seekable stream, which the caller disposes; returns null when there is no such blob.</summary>
    Task<Stream?> OpenReadAsync(string digest, CancellationToken cancellationToken);

    /// <summary>Deletes a blob unless it was put since a time. A concurrent put is safe: once it has returned, the blob exists.</summary>
    /// <returns>Whether a blob was deleted.</returns>
    Task<bool> DeleteAsync(string digest, DateTimeOffset notPutSince, CancellationToken cancellationToken);

    /// <summary>Lists the digests of the blobs that were not put since a time.</summary>
    IAsyncEnumerable<string> ListAsync(DateTimeOffset notPutSince, CancellationToken cancellationToken);
}
