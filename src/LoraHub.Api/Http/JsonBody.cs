using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Api.Configuration;
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
            return IsText(value) ? new Parsed(value) : NotJson("a string holds half a surrogate pair or is not UTF-8");
        }
        catch (JsonException exception)
        {
            return NotJson($"line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}; each key may stand once in an object, and nesting may be {Strict.MaxDepth} deep");
        }
        catch (BadHttpRequestException exception) when (exception.StatusCode == StatusCodes.Status413PayloadTooLarge)
        {
            return TooLarge(limit);
        }
    }

    static Refused NotJson(string where) => new(StatusCodes.Status400BadRequest, $"The body is not valid JSON ({where}).");

    static Refused TooLarge(long limit) => new(StatusCodes.Status413PayloadTooLarge, $"The body must be at most {limit} bytes.");

    /// <summary>Whether every string can be read: the parser lets escapes of half surrogate pairs and bytes that are not UTF-8 pass.</summary>
    static bool IsText(JsonNode? node)
    {
        try
        {
            return node switch
            {
                JsonObject values => values.All(pair => IsText(pair.Value)),
                JsonArray items => items.All(IsText),
                JsonValue value when value.GetValueKind() == JsonValueKind.String => value.GetValue<string>() is not null,
                _ => true,
            };
        }
        catch (InvalidOperationException)
        {
            return false;
        }
    }
}
