using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Replicate.Predictions;

/// <summary>The body of a request that creates a prediction. Unknown keys are ignored.</summary>
/// <param name="Body">The whole body; its <c>input</c> is an object.</param>
/// <param name="Version">The model to call, as the client wrote it; null when the path names it.</param>
sealed record ReplicateRequest(JsonObject Body, string? Version, PredictionWebhook? Webhook)
{
    public JsonObject Input => Body["input"]!.AsObject();

    /// <summary>Reads another member, which must be a text.</summary>
    /// <exception cref="RequestRefusedException">It is missing or no text.</exception>
    public string RequiredText(string key) => Check(Body, key, JsonValueKind.String, field: key) is { } invalid
        ? throw new RequestRefusedException(Problems.Fields([invalid]))
        : (string)Body[key]!;

    /// <param name="needsVersion">Whether the body must name a version, because the path names no model.</param>
    /// <exception cref="RequestRefusedException"/>
    public static async Task<ReplicateRequest> ReadAsync(HttpRequest request, bool needsVersion) =>
        await JsonBody.ReadAsync(request) switch
        {
            JsonBody.Absent => Read([], request, needsVersion),
            JsonBody.Parsed(JsonObject body) => Read(body, request, needsVersion),
            JsonBody.Parsed => throw new RequestRefusedException(
                Problems.Fields([new InvalidField("invalid_type", "", "The body must be a JSON object")])),
            JsonBody.Refused(var statusCode, var reason) => throw new RequestRefusedException(Problems.Because(statusCode, null, reason)),
            _ => throw new System.Diagnostics.UnreachableException(),
        };

    static ReplicateRequest Read(JsonObject body, HttpRequest http, bool needsVersion)
    {
        var invalid = new List<InvalidField>();
        if (needsVersion && Check(body, "version", JsonValueKind.String, field: "") is { } version)
        {
            invalid.Add(version);
        }

        if (Check(body, "input", JsonValueKind.Object, field: "input") is { } input)
        {
            invalid.Add(input);
        }

        var (webhook, errors) = WebhookRequest.Read(body, http);
        invalid.AddRange(errors.Select(error => new InvalidField(error.IsWrongType ? "invalid_type" : "invalid_value", error.Field, error.Reason)));
        return invalid.Count > 0
            ? throw new RequestRefusedException(Problems.Fields(invalid))
            : new ReplicateRequest(body, needsVersion ? (string)body["version"]! : null, webhook);
    }

    /// <param name="field">The field under which a missing key is reported, as Replicate does.</param>
    static InvalidField? Check(JsonObject body, string key, JsonValueKind kind, string field)
    {
        var value = body[key];
        if (value is null)
        {
            return new InvalidField("required", field, $"{key} is required");
        }

        return value.GetValueKind() == kind
            ? null
            : new InvalidField("invalid_type", key, $"{key} must be {(kind == JsonValueKind.String ? "a string" : "an object")}");
    }
}

/// <summary>The body of <c>POST /v1/predictions</c> for the OpenAPI document.</summary>
public sealed record ReplicatePredictionRequest(string Version, JsonObject Input, string? Webhook, IReadOnlyList<WebhookEvent>? WebhookEventsFilter);

/// <summary>The body of a creation whose path names the model, for the OpenAPI document.</summary>
public sealed record ReplicateModelPredictionRequest(JsonObject Input, string? Webhook, IReadOnlyList<WebhookEvent>? WebhookEventsFilter);
