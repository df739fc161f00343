using LoraHub.Api.Security;
using LoraHub.Core.Json;
using Microsoft.AspNetCore.Http.HttpResults;

namespace LoraHub.Api.Webhooks;

/// <summary><c>/v1/webhooks</c>: the secret with which receivers verify signatures.</summary>
static class WebhookEndpoints
{
    public static void MapWebhooks(this IEndpointRouteBuilder v1) => v1.MapGet("/webhooks/default/secret", GetSecret)
        .WithName("webhooks.default.secret.get")
        .WithScope(TokenScope.Admin) // whoever has the secret can forge webhooks
        .WithSummary("Get the secret that webhooks are signed with")
        .WithDescription(
            "For the client libraries' `validateWebhook`. "
            + "Each webhook has the headers `webhook-id`, `webhook-timestamp` and `webhook-signature` of standardwebhooks.com.")
        .Produces<WebhookSecret>();

    static JsonHttpResult<WebhookSecret> GetSecret(WebhookKey key, HttpResponse response)
    {
        response.Headers.CacheControl = "no-store";
        return TypedResults.Json(new WebhookSecret(key.Secret), WireJson.Options);
    }
}

/// <param name="Key"><c>whsec_</c> and the key in Base64.</param>
public sealed record WebhookSecret(string Key);
