using System.Net;
using System.Net.Sockets;

namespace LoraHub.Api.Security;

/// <summary>Where a request comes from.</summary>
static class Peer
{
    /// <summary>
    /// Whether a program on this machine asks, by a name of this machine. A request that a proxy passes on is not local, whatever it says of its client; nor is one
    /// under another name, by which a web page that points its own name here (DNS rebinding) would ask.
    /// </summary>
    public static bool IsLocal(HttpRequest request) =>
        request.HttpContext.Connection.RemoteIpAddress is { } address
        && IPAddress.IsLoopback(address)
        && !request.Headers.Keys.Any(TellsOfAProxy)
        && IsLocalName(request.Host.Host);

    /// <summary>Whether a browser says that a page of another origin asks.</summary>
    public static bool IsCrossSite(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        var origin = request.Headers.Origin.ToString();
        return site is not ("" or "same-origin" or "none")
            || (origin.Length > 0 && !origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The address that a limit counts for: of IPv6 the first 64 bits, since one customer has all the rest.</summary>
    public static string Network(HttpContext http)
    {
        var address = http.Connection.RemoteIpAddress;
        if (address is not { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false })
        {
            return address is null ? "" : (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
        }

        return new IPAddress([.. address.GetAddressBytes()[..8], .. new byte[8]]).ToString();
    }

    /// <summary>The headers of proxies, as they come (<c>X-Forwarded-For</c>) and as the framework leaves those it has read (<c>X-Original-For</c>).</summary>
    static bool TellsOfAProxy(string header) =>
        header.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
        || header.StartsWith("X-Original-", StringComparison.OrdinalIgnoreCase)
        || header.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase)
        || header.Equals("Forwarded", StringComparison.OrdinalIgnoreCase)
        || header.Equals("Via", StringComparison.OrdinalIgnoreCase);

    static bool IsLocalName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
