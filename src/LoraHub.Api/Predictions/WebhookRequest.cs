using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Core.Outbound;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Predictions;

/// <summary>An error in a webhook key of the body. Quotes nothing of the body.</summary>
/// <param name="IsWrongType">Whether the value has the wrong JSON type.</param>
sealed record WebhookError(string Field, string Reason, bool IsWrongType);

/// <summary>Reads the webhook keys of a creation. They are the same in both APIs.</summary>
static class WebhookRequest
{
    const string Url = "webhook", Filter = "webhook_events_filter";

    const int LongestUrl = 8192, LongestTraceState = 512;

    static readonly Dictionary<string, WebhookEvent> EventNames = Enum.GetValues<WebhookEvent>()
        .ToDictionary(known => JsonNamingPolicy.SnakeCaseLower.ConvertName(known.ToString()));

    static readonly string Choices = $"an array of {string.Join(", ", EventNames.Keys)}";

    /// <summary>Reads the keys of a request's body.</summary>
    /// <inheritdoc cref="Read(JsonObject, IHeaderDictionary, IAddressGuard)" path="/returns"/>
    public static (PredictionWebhook? Webhook, IReadOnlyList<WebhookError> Errors) Read(JsonObject body, HttpRequest request) =>
        Read(body, request.Headers, request.HttpContext.RequestServices.GetRequiredService<IAddressGuard>());

    /// <returns>The webhook, or null when none is requested, and any errors.</returns>
    public static (PredictionWebhook? Webhook, IReadOnlyList<WebhookError> Errors) Read(
        JsonObject body, IHeaderDictionary headers, IAddressGuard guard)
    {
        var errors = new List<WebhookError>();
        var url = ReadUrl(body[Url], guard, errors);
        var events = ReadFilter(body[Filter], errors);
        if (url is not null && events.Count == 0 && errors.Count == 0)
        {
            errors.Add(new WebhookError(
                Filter, $"{Filter} is empty, so nothing would be sent: it must be {Choices}, or omitted to select all of them", IsWrongType: false));
        }

        return errors.Count == 0 && url is not null ? (new PredictionWebhook(url, events) { Trace = ReadTrace(headers) }, []) : (null, errors);
    }

    static string? ReadUrl(JsonNode? given, IAddressGuard guard, List<WebhookError> errors)
    {
        if (given is null)
        {
            return null;
        }

        if (given.GetValueKind() != JsonValueKind.String)
        {
            errors.Add(new WebhookError(Url, $"{Url} must be a string", IsWrongType: true));
            return null;
        }

        var text = (string)given!;
        Uri? url = null;
        var isValid = text.Length <= LongestUrl
            && Uri.TryCreate(text, UriKind.Absolute, out url)
            && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            && url.UserInfo.Length == 0;
        if (isValid && !guard.MayAllow(url!))
        {
            errors.Add(new WebhookError(
                Url,
                $"{Url} must not be an address of this machine or of a private network, unless the service's setting Webhooks:AllowedNetworks "
                + "lists the network; the service's own address is always refused",
                IsWrongType: false));
        }
        else if (!isValid)
        {
            errors.Add(new WebhookError(
                Url,
                $"{Url} must be an absolute http or https URL of at most {LongestUrl} characters, without a user name or password",
                IsWrongType: false));
        }

        return text;
    }

    static HashSet<WebhookEvent> ReadFilter(JsonNode? given, List<WebhookError> errors)
    {
        if (given is null)
        {
            return [.. EventNames.Values];
        }

        var names = given is JsonArray items
            ? [.. items.Select(item => item?.GetValueKind() == JsonValueKind.String ? (string?)item : null)]
            : (string?[])[null];
        if (names.All(name => name is not null && EventNames.ContainsKey(name)))
        {
            return [.. names.Select(name => EventNames[name!])];
        }

        errors.Add(new WebhookError(Filter, $"{Filter} must be {Choices}", given is not JsonArray));
        return [];
    }

    /// <summary>Reads the W3C trace context. Ignores invalid values, which could not be sent in the webhook's headers.</summary>
    static Dictionary<string, string> ReadTrace(IHeaderDictionary headers)
    {
        var trace = new Dictionary<string, string>();
        var (parent, state) = (headers.TraceParent.ToString(), headers.TraceState.ToString());
        if (ActivityContext.TryParse(parent, null, out _))
        {
            trace["traceparent"] = parent;
            if (state.Length is > 0 and <= LongestTraceState && state.All(letter => letter is >= ' ' and <= '~'))
            {
                trace["tracestate"] = state;
            }
        }

        return trace;
    }
}
