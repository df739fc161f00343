using System.Net;
using LoraHub.Core.Outbound;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.HuggingFace;

/// <summary>
/// Allows requests to the Hub, and redirects from it, only to the Hub's own host, public addresses and <see cref="HubOptions.AllowedNetworks"/>.
/// </summary>
sealed class HubAddressGuard(IOptions<HubOptions> options) : IAddressGuard
{
    readonly IPNetwork[] _allowed = [.. options.Value.AllowedNetworks.Select(IPNetwork.Parse)];

    readonly string?[] _trusted = options.Value.Endpoint is { } endpoint ? [new Uri(endpoint).Host.Trim('[', ']'), Proxy(new Uri(endpoint))] : [];

    public bool Allows(string host, IPEndPoint endpoint)
    {
        var address = PublicAddresses.Normalize(endpoint.Address);
        return _trusted.Contains(host.Trim('[', ']'), StringComparer.OrdinalIgnoreCase)
            || _allowed.Any(network => network.Contains(address))
            || PublicAddresses.IsPublic(address);
    }

    /// <summary>The host of the proxy that the machine's settings configure for the Hub, or null.</summary>
    static string? Proxy(Uri endpoint) =>
        HttpClient.DefaultProxy.IsBypassed(endpoint) ? null : HttpClient.DefaultProxy.GetProxy(endpoint)?.Host.Trim('[', ']');
}
