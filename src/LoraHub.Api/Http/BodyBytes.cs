using System.IO.Compression;

namespace LoraHub.Api.Http;

/// <summary>A body that cannot be read. The message says why and how to fix it, and quotes nothing of the body.</summary>
sealed class BodyRefusedException(int statusCode, string message, Exception? innerException = null) : Exception(message, innerException)
{
    const string Unreadable = "The body could not be read to its end.";

    public int StatusCode => statusCode;

    /// <summary>The client's error in an exception that reading a body has thrown, or null when it is another error.</summary>
    /// <param name="tooLarge">The message for a body that is larger than the server's limit.</param>
    public static BodyRefusedException? From(Exception exception, string tooLarge) => exception switch
    {
        BodyRefusedException refused => refused,
        BadHttpRequestException { StatusCode: StatusCodes.Status413PayloadTooLarge } =>
            new(StatusCodes.Status413PayloadTooLarge, tooLarge, exception),
        BadHttpRequestException bad => new(bad.StatusCode, Unreadable, exception), // truncated, malformed chunks, or too slow
        IOException => new(StatusCodes.Status400BadRequest, Unreadable, exception), // a chunk size that is no number, or a lost connection
        InvalidDataException => new(StatusCodes.Status400BadRequest, "The body is not valid gzip data.", exception),
        _ => null,
    };
}

/// <summary>Reads the whole body of a request, plain or compressed by gzip.</summary>
static class BodyBytes
{
    const int FirstBytes = 64 * 1024;

    /// <param name="limit">The most bytes, also after they are decompressed.</param>
    /// <exception cref="BodyRefusedException">
    /// The body is too large, or encoded in another way. <see cref="BodyRefusedException.From"/> makes one of what the server and the decoder throw.
    /// </exception>
    public static Task<ReadOnlyMemory<byte>> ReadAsync(HttpRequest request, long limit) =>
        request.HttpContext.ReadBodyAsync(() => ReadAnyAsync(request, limit));

    static async Task<ReadOnlyMemory<byte>> ReadAnyAsync(HttpRequest request, long limit)
    {
        if (!IsCompressed(request))
        {
            return await ReadAsync(request.Body, request.ContentLength ?? limit, limit, request.HttpContext.RequestAborted);
        }

        await using var content = new GZipStream(request.Body, CompressionMode.Decompress, leaveOpen: true);
        return await ReadAsync(content, limit, limit, request.HttpContext.RequestAborted);
    }

    public static string TooLarge(long limit) => $"The body must be at most {limit} bytes.";

    /// <summary>Whether the body is compressed by gzip.</summary>
    /// <exception cref="BodyRefusedException">It is encoded in another way.</exception>
    static bool IsCompressed(HttpRequest request) =>
        request.Headers.ContentEncoding.ToString().ToUpperInvariant() switch
        {
            "" or "IDENTITY" => false,
            "GZIP" or "X-GZIP" => true,
            _ => throw new BodyRefusedException(
                StatusCodes.Status415UnsupportedMediaType, "The Content-Encoding is not supported; send the body plain or compressed by gzip."),
        };

    /// <summary>The buffer grows with what has arrived, not with what the client announces.</summary>
    static async Task<ReadOnlyMemory<byte>> ReadAsync(Stream content, long expected, long limit, CancellationToken cancellationToken)
    {
        var buffer = new byte[Math.Min(expected, FirstBytes) + 1]; // one byte more finds the end without growing
        var length = 0;
        while (await content.ReadAsync(buffer.AsMemory(length), cancellationToken) is var read and > 0)
        {
            length += read;
            if (length > limit)
            {
                throw new BodyRefusedException(StatusCodes.Status413PayloadTooLarge, TooLarge(limit));
            }

            if (length == buffer.Length)
            {
                Array.Resize(ref buffer, (int)Math.Min(Math.Min(2L * length, Math.Max(expected, length) + 1), Array.MaxLength));
            }
        }

        return buffer.AsMemory(0, length);
    }
}
