namespace LoraHub.Core.Predictions;

/// <summary>Immutable bytes under their digest.</summary>
public interface IBlobStore
{
    /// <summary>Stores what the stream holds from its position on. The same bytes are kept once.</summary>
    /// <returns>SHA-256 in 64 lower-case hexadecimal digits.</returns>
    Task<string> PutAsync(Stream content, CancellationToken cancellationToken);

    /// <summary>A seekable stream that the caller disposes, or null when there is no such blob.</summary>
    Task<Stream?> OpenReadAsync(string digest, CancellationToken cancellationToken);

    Task DeleteAsync(string digest, CancellationToken cancellationToken);

    /// <summary>Digests of the blobs that were not put since a time.</summary>
    IAsyncEnumerable<string> ListAsync(DateTimeOffset notPutSince, CancellationToken cancellationToken);
}
