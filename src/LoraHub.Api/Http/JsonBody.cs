using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Core;
using LoraHub.Core.Predictions.Inputs;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Http;

/// <summary>The JSON body of a request.</summary>
abstract record JsonBody
{
    const int OtherValues = 10_000;

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
        var services = request.HttpContext.RequestServices;
        var limit = services.GetRequiredService<IOptions<ApiOptions>>().Value.MaxRequestBody;
        if (request.ContentLength > limit)
        {
            return new Refused(StatusCodes.Status413PayloadTooLarge, BodyBytes.TooLarge(limit));
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
            return Parse(await BodyBytes.ReadAsync(request, limit), services.GetRequiredService<IOptions<LimitsOptions>>().Value);
        }
        catch (Exception exception) when (BodyRefusedException.From(exception, BodyBytes.TooLarge(limit)) is { } refused)
        {
            return new Refused(refused.StatusCode, refused.Message);
        }
    }

    static JsonBody Parse(ReadOnlyMemory<byte> body, LimitsOptions limits)
    {
        try
        {
            return new Parsed(BoundedJson.Parse(body, MostValues(limits)));
        }
        catch (TooManyValuesException)
        {
            return new Refused(
                StatusCodes.Status413PayloadTooLarge,
                $"The body holds more than {MostValues(limits)} JSON values, four for each line that a prediction may have "
                + $"({LimitsOptions.Section}:{nameof(LimitsOptions.InputLines)}) and {OtherValues} others.");
        }
        catch (JsonException exception)
        {
            var what = BoundedJson.Describe(exception) is { Length: > 0 } found ? $"{found}; " : "";
            return new Refused(
                StatusCodes.Status400BadRequest,
                $"The body is not valid JSON ({what}keys must be unique in an object, and nesting at most {BoundedJson.MaxDepth} levels deep).");
        }
    }

    /// <summary>Lines of examples and test inputs, and their answers; the rest is for weights and for what is ignored.</summary>
    static int MostValues(LimitsOptions limits) => (int)Math.Min((4L * limits.InputLines) + OtherValues, int.MaxValue);
}
