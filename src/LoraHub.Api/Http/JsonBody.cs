using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Api.Configuration;
using LoraHub.Core.Predictions.Inputs;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Http;

/// <summary>A request's body.</summary>
abstract record JsonBody
{
    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    JsonBody()
    {
    }

    /// <summary>There is none, or one without a Content-Type, which Cog ignores.</summary>
    public sealed record Absent : JsonBody;

    public sealed record Parsed(JsonNode? Value) : JsonBody;

    /// <param name="Reason">What was wrong and what would be right; it quotes nothing of the body.</param>
    public sealed record Refused(int StatusCode, string Reason) : JsonBody;

    public static async Task<JsonBody> ReadAsync(HttpRequest request)
    {
        var limit = request.HttpContext.RequestServices.GetRequiredService<IOptions<ApiOptions>>().Value.MaxRequestBody;
        if (request.ContentLength > limit)
        {
            return TooLarge(limit);
        }

        var isEmpty = request.ContentLength == 0 || request.HttpContext.Features.Get<IHttpRequestBodyDetectionFeature>() is { CanHaveBody: false };
        if (isEmpty || request.ContentType is null)
        {
            return new Absent();
        }

        if (!request.HasJsonContentType())
        {
            return new Refused(StatusCodes.Status415UnsupportedMediaType, "Send the body as Content-Type: application/json.");
        }

        try
        {
            var value = await JsonNode.ParseAsync(request.Body, documentOptions: Strict, cancellationToken: request.HttpContext.RequestAborted);
            JsonTexts.Read(value);
            return new Parsed(value);
        }
        catch (InvalidOperationException) // how the parser and its nodes say that a text cannot be read
        {
            return new Refused(StatusCodes.Status400BadRequest, $"The body is not valid JSON ({JsonTexts.Unreadable}).");
        }
        catch (JsonException exception)
        {
            var where = exception.LineNumber is { } line ? $"line {line + 1}, byte {exception.BytePositionInLine + 1}; " : "";
            return new Refused(
                StatusCodes.Status400BadRequest,
                $"The body is not valid JSON ({where}each key may stand once in an object, and nesting may be {Strict.MaxDepth} deep).");
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return TooLarge(limit);
        }
        catch (BadHttpRequestException exception) // cut short, badly chunked, too slow
        {
            return new Refused(exception.StatusCode, "The body could not be read to its end.");
        }
    }

    static Refused TooLarge(long limit) => new(StatusCodes.Status413PayloadTooLarge, $"The body must be at most {limit} bytes.");
}
