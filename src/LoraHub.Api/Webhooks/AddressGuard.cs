using System.Net;
using LoraHub.Api.Outbound;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Webhooks;

/// <summary>Which addresses a webhook may go to: public ones, this machine itself, and what the settings allow.</summary>
sealed class AddressGuard(IOptions<WebhookOptions> options) : IAddressGuard
{
    readonly IPNetwork[] _allowed = [.. options.Value.AllowedNetworks.Select(IPNetwork.Parse)];

    public bool Allows(IPAddress address)
    {
        var plain = PublicAddresses.Plain(address);
        return IPAddress.IsLoopback(plain) || _allowed.Any(network => network.Contains(plain)) || PublicAddresses.Has(plain);
    }

    bool IAddressGuard.Allows(string host, IPAddress address) => Allows(address);
}
