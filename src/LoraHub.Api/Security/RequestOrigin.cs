using System.Net;
using System.Net.Sockets;

namespace LoraHub.Api.Security;

/// <summary>Determines where a request comes from.</summary>
static class RequestOrigin
{
    /// <summary>
    /// Whether a program on this machine sent the request, to a local host name. A proxied request is not local, whatever its headers name as
    /// the client. Nor is a request to any other host name: a web page could point its own name to this address (DNS rebinding).
    /// </summary>
    public static bool IsLocal(HttpRequest request) =>
        request.HttpContext.Connection.RemoteIpAddress is { } address
        && IPAddress.IsLoopback(address)
        && !request.Headers.Keys.Any(IsProxyHeader)
        && IsLocalName(request.Host.Host);

    /// <summary>Whether a browser sent the request for a page of another origin.</summary>
    public static bool IsCrossSite(HttpRequest request)
    {
        var site = request.Headers["Sec-Fetch-Site"].ToString();
        var origin = request.Headers.Origin.ToString();
        return site is not ("" or "same-origin" or "none")
            || (origin.Length > 0 && !origin.Equals($"{request.Scheme}://{request.Host}", StringComparison.OrdinalIgnoreCase));
    }

    /// <summary>The address that a limit applies to: of IPv6 the first 64 bits, since one customer usually gets a whole /64 network.</summary>
    public static string Network(HttpContext http)
    {
        var address = http.Connection.RemoteIpAddress;
        if (address is not { AddressFamily: AddressFamily.InterNetworkV6, IsIPv4MappedToIPv6: false })
        {
            return address is null ? "" : (address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address).ToString();
        }

        return new IPAddress([.. address.GetAddressBytes()[..8], .. new byte[8]]).ToString();
    }

    /// <summary>
    /// Whether a proxy adds this header (<c>X-Forwarded-For</c>), or the framework's middleware after reading one (<c>X-Original-For</c>).
    /// </summary>
    static bool IsProxyHeader(string header) =>
        header.StartsWith("X-Forwarded-", StringComparison.OrdinalIgnoreCase)
        || header.StartsWith("X-Original-", StringComparison.OrdinalIgnoreCase)
        || header.Equals("X-Real-IP", StringComparison.OrdinalIgnoreCase)
        || header.Equals("Forwarded", StringComparison.OrdinalIgnoreCase)
        || header.Equals("Via", StringComparison.OrdinalIgnoreCase);

    static bool IsLocalName(string host) =>
        host.Equals("localhost", StringComparison.OrdinalIgnoreCase) || (IPAddress.TryParse(host, out var address) && IPAddress.IsLoopback(address));
}
