using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Core.Predictions.Inputs;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Http;

/// <summary>The JSON body of a request.</summary>
abstract record JsonBody
{
    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = 32 };

    JsonBody()
    {
    }

    /// <summary>The request has no body, or no Content-Type. Cog ignores the body then.</summary>
    public sealed record Absent : JsonBody;

    public sealed record Parsed(JsonNode? Value) : JsonBody;

    /// <param name="Reason">The error and how to fix it. Quotes nothing of the body.</param>
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
        catch (InvalidOperationException) // the parser or a node found unreadable text
        {
            return new Refused(StatusCodes.Status400BadRequest, $"The body is not valid JSON ({JsonTexts.Unreadable}).");
        }
        catch (JsonException exception)
        {
            var where = exception.LineNumber is { } line ? $"line {line + 1}, byte {exception.BytePositionInLine + 1}; " : "";
            return new Refused(
                StatusCodes.Status400BadRequest,
                $"The body is not valid JSON ({where}keys must be unique in an object, and nesting at most {Strict.MaxDepth} levels deep).");
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return TooLarge(limit);
        }
        catch (BadHttpRequestException exception) // truncated, malformed chunks, or too slow
        {
            return new Refused(exception.StatusCode, "The body could not be read to its end.");
        }
    }

    static Refused TooLarge(long limit) => new(StatusCodes.Status413PayloadTooLarge, $"The body must be at most {limit} bytes.");
}
