using System.Text;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace LoraHub.Api.Http;

/// <param name="FileName">Null for a field that is not a file.</param>
/// <param name="Body">Readable until <see cref="FormParts.NextAsync"/> is called.</param>
sealed record FormPart(string Name, string? FileName, string? ContentType, Stream Body);

/// <summary>
/// Reads the parts of a <c>multipart/form-data</c> body in order. All methods throw <see cref="RequestRefusedException"/> for a client's error.
/// </summary>
/// <param name="tooLarge">Creates the response to a body that exceeds the server's limit.</param>
/// <param name="mostParts">The most parts of the body.</param>
sealed class FormParts(HttpContext http, MultipartReader reader, Func<IResult> tooLarge, int mostParts)
{
    const int MaxParts = 16, MaxTextBytes = 8 * 1024, MaxBoundary = 70; // MaxBoundary is from RFC 2046

    static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    int _count;

    public static FormParts Of(HttpRequest request, Func<IResult> tooLarge, int mostParts = MaxParts)
    {
        if (!MediaTypeHeaderValue.TryParse(request.ContentType, out var type)
            || !type.MediaType.Equals("multipart/form-data", StringComparison.OrdinalIgnoreCase))
        {
            throw UnsupportedType("Send the file as Content-Type: multipart/form-data.");
        }

        if (request.Headers.ContentEncoding.ToString() is not "" and { } coding && !coding.Equals("identity", StringComparison.OrdinalIgnoreCase))
        {
            throw UnsupportedType("Send the form without a Content-Encoding.");
        }

        var boundary = HeaderUtilities.RemoveQuotes(type.Boundary);
        return boundary.Length is 0 or > MaxBoundary
            ? throw Malformed($"its Content-Type must name a boundary of at most {MaxBoundary} characters")
            : new FormParts(request.HttpContext, new MultipartReader(boundary.ToString(), request.Body), tooLarge, mostParts);
    }

    /// <returns>Null at the end of the body.</returns>
    public async Task<FormPart?> NextAsync(CancellationToken cancellationToken)
    {
        if (await FromClientAsync(() => reader.ReadNextSectionAsync(cancellationToken)) is not { } section)
        {
            return null;
        }

        if (++_count > mostParts)
        {
            throw Malformed($"it may have at most {mostParts} parts");
        }

        if (!ContentDispositionHeaderValue.TryParse(section.ContentDisposition, out var disposition)
            || !disposition.DispositionType.Equals("form-data", StringComparison.OrdinalIgnoreCase))
        {
            throw Malformed("each part needs a header Content-Disposition: form-data");
        }

        var name = HeaderUtilities.RemoveQuotes(disposition.Name).ToString();
        return new FormPart(name, FileNameOf(disposition), section.ContentType, section.Body);
    }

    /// <returns>The number of bytes read, 0 at the end of the part.</returns>
    public Task<int> ReadAsync(FormPart part, Memory<byte> buffer, CancellationToken cancellationToken) =>
        FromClientAsync(() => part.Body.ReadAsync(buffer, cancellationToken).AsTask());

    /// <param name="most">In bytes.</param>
    /// <param name="refusal">Of a longer text; null for the one that names the field.</param>
    public async Task<string> ReadTextAsync(
        FormPart part, CancellationToken cancellationToken, int most = MaxTextBytes, Func<RequestRefusedException>? refusal = null)
    {
        using var text = new MemoryStream();
        var buffer = new byte[MaxTextBytes];
        while (text.Length <= most && await ReadAsync(part, buffer, cancellationToken) is var read and > 0)
        {
            text.Write(buffer, 0, read);
        }

        if (text.Length > most)
        {
            throw refusal?.Invoke() ?? InvalidText(part, $"may be at most {most} bytes long");
        }

        try
        {
            return Strict.GetString(text.GetBuffer(), 0, (int)text.Length);
        }
        catch (DecoderFallbackException)
        {
            throw InvalidText(part, "must be UTF-8");
        }
    }

    static string? FileNameOf(ContentDispositionHeaderValue disposition)
    {
        var name = disposition.FileNameStar.HasValue ? disposition.FileNameStar : HeaderUtilities.RemoveQuotes(disposition.FileName);
        return name.HasValue ? name.ToString() : null;
    }

    async Task<T> FromClientAsync<T>(Func<Task<T>> read)
    {
        try
        {
            return await http.ReadBodyAsync(read);
        }
        catch (BadHttpRequestException exception)
        {
            throw new RequestRefusedException(exception.StatusCode == StatusCodes.Status413PayloadTooLarge
                ? tooLarge()
                : Problems.Because(exception.StatusCode, null, "The body could not be read to its end."));
        }
        catch (InvalidDataException)
        {
            throw Malformed("the headers of a part are malformed or too long");
        }
        catch (IOException)
        {
            throw Malformed("it ends before its last boundary");
        }
    }

    static RequestRefusedException UnsupportedType(string reason) =>
        new(Problems.Because(StatusCodes.Status415UnsupportedMediaType, null, reason));

    static RequestRefusedException InvalidText(FormPart part, string reason) =>
        new(Problems.Fields([new InvalidField("invalid_value", part.Name, $"{part.Name} {reason}")]));

    static RequestRefusedException Malformed(string reason) =>
        new(Problems.Because(StatusCodes.Status400BadRequest, null, $"The body is not valid multipart/form-data: {reason}."));
}
