using System.Text;
using LoraHub.Api.Http;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;

namespace LoraHub.Api.Pages;

/// <summary>A field of a form.</summary>
/// <param name="Text">Null for a file.</param>
/// <param name="File">A file, of which nothing was read yet; it can be until the next field is.</param>
sealed record FormField(string Name, string? Text, FormFile? File = null);

/// <summary>A file of a form, and the form, which reads it.</summary>
readonly record struct FormFile(FormParts Parts, FormPart Part);

/// <summary>The fields of a request's form in order, whichever of HTML's two encodings it has. Never more than one of them is read ahead.</summary>
sealed class FormSource : IDisposable
{
    const string UrlEncoded = "application/x-www-form-urlencoded", Multipart = "multipart/form-data";

    readonly HttpContext _http;
    readonly FormLimits _limits;
    readonly FormParts? _parts;
    readonly FormReader? _pairs;

    /// <param name="stop">Ends a read that waits.</param>
    /// <exception cref="RequestRefusedException">The body is not a form in UTF-8.</exception>
    public FormSource(HttpContext http, FormLimits limits, CancellationToken stop)
    {
        (_http, _limits) = (http, limits);
        var type = MediaTypeHeaderValue.TryParse(http.Request.ContentType, out var given) ? given : null;
        var isPlain = http.Request.Headers.ContentEncoding.ToString() is "" or "identity";
        if (!isPlain || (type?.Charset is { Length: > 0 } charset && !charset.Equals("utf-8", StringComparison.OrdinalIgnoreCase)))
        {
            throw Refused(StatusCodes.Status415UnsupportedMediaType, "Send the form as UTF-8, without a Content-Encoding.");
        }

        if (type?.MediaType.Equals(Multipart, StringComparison.OrdinalIgnoreCase) == true)
        {
            _parts = FormParts.Of(http.Request, () => limits.TooLarge, int.MaxValue); // they are counted by their reader
        }
        else if (type?.MediaType.Equals(UrlEncoded, StringComparison.OrdinalIgnoreCase) == true)
        {
            var body = new StoppableBody(http.Request.Body, stop);
            _pairs = new FormReader(body, Encoding.UTF8) { KeyLengthLimit = FormLimits.EncodedByte * FormLimits.NameLength };
        }
        else
        {
            throw Refused(StatusCodes.Status415UnsupportedMediaType, $"Send a form: {UrlEncoded} or {Multipart}.");
        }
    }

    /// <param name="most">The most bytes of the value.</param>
    /// <returns>Null at the end.</returns>
    /// <exception cref="RequestRefusedException">The form is malformed, or too large.</exception>
    public Task<FormField?> NextAsync(int most, CancellationToken cancellationToken) =>
        _parts is null ? NextPairAsync(_pairs!, most, cancellationToken) : NextPartAsync(_parts, most, cancellationToken);

    public void Dispose() => _pairs?.Dispose();

    async Task<FormField?> NextPartAsync(FormParts parts, int most, CancellationToken cancellationToken)
    {
        if (await parts.NextAsync(cancellationToken) is not { } part)
        {
            return null;
        }

        return part.FileName is null
            ? new FormField(part.Name, await parts.ReadTextAsync(part, cancellationToken, most, _limits.Refusal))
            : new FormField(part.Name, Text: null, new FormFile(parts, part));
    }

    async Task<FormField?> NextPairAsync(FormReader pairs, int most, CancellationToken cancellationToken)
    {
        pairs.ValueLengthLimit = (int)Math.Min((long)FormLimits.EncodedByte * most, int.MaxValue);
        try
        {
            var pair = await _http.ReadBodyAsync(() => pairs.ReadNextPairAsync(cancellationToken));
            return pair is { } read ? new FormField(read.Key, read.Value) : null;
        }
        catch (InvalidDataException) // a name or a value is too long
        {
            throw _limits.Refusal();
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            throw _limits.Refusal();
        }
        catch (IOException exception) when (BodyRefusedException.From(exception, "") is { } refused)
        {
            throw Refused(refused.StatusCode, refused.Message);
        }
    }

    static RequestRefusedException Refused(int statusCode, string reason) => new(Problems.Because(statusCode, null, reason));
}
