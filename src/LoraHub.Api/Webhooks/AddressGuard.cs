using System.Net;
using LoraHub.Core.Outbound;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Webhooks;

/// <summary>Allows webhooks to public addresses and to the networks of the settings, but never to the service itself.</summary>
sealed class AddressGuard(IOptions<WebhookOptions> options, OwnAddresses own) : IAddressGuard
{
    readonly IPNetwork[] _allowed = [.. options.Value.AllowedNetworks.Select(IPNetwork.Parse)];

    public bool Allows(string host, IPEndPoint endpoint)
    {
        var address = PublicAddresses.Normalize(endpoint.Address);
        return (PublicAddresses.IsPublic(address) || _allowed.Any(network => network.Contains(address))) && !own.Contains(address, endpoint.Port);
    }
}
