using System.Net;
using LoraHub.Core.Outbound;
using Microsoft.Extensions.Options;

namespace LoraHub.Modules.HuggingFace;

/// <summary>Which addresses the hub's requests, and the redirects that it answers with, may go to: the hub's own host, public ones, and what the settings allow.</summary>
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

    /// <summary>What the machine's settings put between this program and the hub.</summary>
    static string? Proxy(Uri endpoint) => HttpClient.DefaultProxy.IsBypassed(endpoint) ? null : HttpClient.DefaultProxy.GetProxy(endpoint)?.Host.Trim('[', ']');
}
