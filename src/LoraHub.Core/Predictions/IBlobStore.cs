namespace LoraHub.Core.Predictions;

/// <summary>Immutable bytes under their digest.</summary>
public interface IBlobStore
{
    /// <summary>Stores what the stream holds from its position on. The same bytes are kept once.</summary>
    /// <returns>SHA-256 in 64 lower-case hexadecimal digits.</returns>
    Task<string> PutAsync(Stream content, CancellationToken cancellationToken);

    /// <summary>A seekable stream that the caller disposes, or null when there is no such blob.</summary>
    Task<Stream?> OpenReadAsync(string digest, CancellationToken cancellationToken);

    /// <summary>Deletes a blob unless it was put since a time. Of a put at the same moment nothing is lost: once that has returned, the blob is there.</summary>
    /// <returns>Whether there was something to delete.</returns>
    Task<bool> DeleteAsync(string digest, DateTimeOffset notPutSince, CancellationToken cancellationToken);

    /// <summary>Digests of the blobs that were not put since a time.</summary>
    IAsyncEnumerable<string> ListAsync(DateTimeOffset notPutSince, CancellationToken cancellationToken);
}
