using System.Net;
using LoraHub.Core.Outbound;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Webhooks;

/// <summary>Allows webhooks to public addresses, to this machine, and to the networks of the settings.</summary>
sealed class AddressGuard(IOptions<WebhookOptions> options) : IAddressGuard
{
    readonly IPNetwork[] _allowed = [.. options.Value.AllowedNetworks.Select(IPNetwork.Parse)];

    public bool Allows(IPAddress address)
    {
        var plain = PublicAddresses.Normalize(address);
        return IPAddress.IsLoopback(plain) || _allowed.Any(network => network.Contains(plain)) || PublicAddresses.IsPublic(plain);
    }

    bool IAddressGuard.Allows(string host, IPAddress address) => Allows(address);
}
