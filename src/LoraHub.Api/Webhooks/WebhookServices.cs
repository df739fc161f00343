using System.Net;
using LoraHub.Api.Docs;
using LoraHub.Api.Predictions;
using LoraHub.Core.Outbound;
using Microsoft.Extensions.DependencyInjection.Extensions;

namespace LoraHub.Api.Webhooks;

static class WebhookServices
{
    /// <summary>Adds webhook delivery. Call this before adding the worker, so that the deliveries stop after it.</summary>
    public static IServiceCollection AddWebhooks(this IServiceCollection services)
    {
        services.AddOptions<WebhookOptions>().BindConfiguration(WebhookOptions.Section).ValidateDataAnnotations()
            .Validate(
                webhooks => webhooks.Secret is null || WebhookKey.IsSecret(webhooks.Secret),
                $"{WebhookOptions.Section}:{nameof(WebhookOptions.Secret)} must be whsec_ followed by 24 to 64 bytes in Base64.")
            .Validate(
                webhooks => webhooks.AllowedNetworks.All(network => IPNetwork.TryParse(network, out _)),
                $"{WebhookOptions.Section}:{nameof(WebhookOptions.AllowedNetworks)} must be networks, such as 10.1.0.0/16 or fd00::/8.")
            .ValidateOnStart();
        services.TryAddSingleton<HostResolver>(Dns.GetHostAddressesAsync);
        return services
            .AddSingleton<IAnswerExamples, WebhookExamples>()
            .AddSingleton<WebhookKey>()
            .AddSingleton<OwnAddresses>()
            .AddSingleton<IAddressGuard, AddressGuard>()
            .AddSingleton<WebhookPost>()
            .AddSingleton<WebhookDelivery>()
            .AddSingleton<WebhookMessages>()
            .AddSingleton<WebhookFollower>()
            .AddSingleton<WebhookDeliveries>()
            .AddSingleton<IPredictionFollower>(provider => provider.GetRequiredService<WebhookDeliveries>())
            .AddHostedService(provider => provider.GetRequiredService<WebhookDeliveries>());
    }
}
