using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Api.Cog;

/// <summary>The body of <c>POST /predictions</c>. Every key is optional, and so is the body.</summary>
/// <param name="Id">The id that the client chose, or null.</param>
sealed record CogRequest(string? Id, JsonObject Input, PredictionWebhook? Webhook = null)
{
    public IgnoredInputs Ignored { get; init; } = IgnoredInputs.None;

    public const string IdRule = "An id is 1 to 128 letters, digits, '.', '_', '~' and '-', and not '.' or '..'.";

    /// <exception cref="RequestRefusedException"/>
    public static async Task<CogRequest> ReadAsync(HttpRequest request) => await JsonBody.ReadAsync(request) switch
    {
        JsonBody.Absent => new CogRequest(null, []),
        JsonBody.Parsed(JsonObject body) => Read(body, request),
        JsonBody.Parsed => throw WrongShape("The body must be a JSON object."),
        JsonBody.Refused(var statusCode, var reason) => throw new RequestRefusedException(CogErrors.Text(statusCode, reason)),
        _ => throw new System.Diagnostics.UnreachableException(),
    };

    static CogRequest Read(JsonObject body, HttpRequest http)
    {
        if (body["id"] is { } id && id.GetValueKind() != JsonValueKind.String)
        {
            throw WrongShape("`id` must be a string.");
        }

        if (body["input"] is not (null or JsonObject))
        {
            throw WrongShape("`input` must be an object.");
        }

        if (body["context"] is { } context
            && !(context is JsonObject values && values.All(pair => pair.Value?.GetValueKind() == JsonValueKind.String)))
        {
            throw WrongShape("`context` must be an object of strings.");
        }

        var (webhook, errors) = WebhookRequest.Read(body, http);
        if (errors.Count > 0)
        {
            throw WrongShape($"{string.Join("; ", errors.Select(error => error.Reason))}.");
        }

        var request = new CogRequest((string?)body["id"], body["input"] as JsonObject ?? [], webhook)
        {
            Ignored = IgnoredInputs.Of(body, InputSchema.Fields),
        };
        return request.Id is null || IsId(request.Id) ? request : throw new RequestRefusedException(CogErrors.Id(IdRule));
    }

    public static bool IsId(string text) =>
        text.Length is > 0 and <= 128
        && text is not ("." or "..")
        && text.All(letter => char.IsAsciiLetterOrDigit(letter) || letter is '.' or '_' or '~' or '-');

    static RequestRefusedException WrongShape(string reason) => new(CogErrors.Text(StatusCodes.Status422UnprocessableEntity, reason));
}

/// <summary>The body of <c>POST /predictions</c> for the OpenAPI document. The handler parses the body itself to answer errors as Cog does.</summary>
public sealed record CogPredictionRequest(string? Id, JsonObject? Input, string? Webhook, IReadOnlyList<WebhookEvent>? WebhookEventsFilter);
