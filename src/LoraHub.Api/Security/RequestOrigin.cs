using System.Net;
using System.Net.Sockets;
using LoraHub.Api.Http;
using LoraHub.Core.Outbound;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Security;

/// <summary>Determines where a request comes from.</summary>
static class RequestOrigin
{
    /// <summary>
    /// Whether a program on this machine sent the request, to a local host name. A proxied request is not local, whatever its headers name as
    /// the client. Nor is a request to any other host name: a web page could point its own name to this address (DNS rebinding). Nor is a
    /// webhook: a client of the service chose its URL.
    /// </summary>
    public static bool IsLocal(HttpRequest request) =>
        request.HttpContext.Connection.RemoteIpAddress is { } address
        && IPAddress.IsLoopback(address)
        && !request.Headers.Keys.Any(IsProxyHeader)
        && !IsOutbound(request)
        && LoopbackNames.Contains(request.Host.Host);

    /// <summary>Whether a LoraHub service sent the request: this one, or another.</summary>
    public static bool IsOutbound(HttpRequest request) => request.Headers.ContainsKey(OutboundHeaders.Mark);

    /// <summary>
    /// Whether a browser sent the request for a page of another origin. Browsers mark requests in <c>Sec-Fetch-Site</c>, but not to plain HTTP
    /// addresses other than localhost. There <c>Origin</c> must name the service's own host. Its scheme is not compared, since a proxy may
    /// have removed TLS.
    /// </summary>
    public static bool IsCrossSite(HttpRequest request)
    {
        var origin = request.Headers.Origin.ToString();
        return request.Headers["Sec-Fetch-Site"].ToString() switch
        {
            "same-origin" => false,
            "" or "none" => origin.Length > 0 && !IsOwn(origin, request),
            _ => true, // cross-site; or same-site, such as another port of the same machine
        };
    }

    static bool IsOwn(string origin, HttpRequest request)
    {
        var publicUrl = request.HttpContext.RequestServices.GetRequiredService<IOptions<ApiOptions>>().Value.PublicUrl;
        return origin.Split("://") is [_, var authority]
            && (authority.Equals(request.Host.ToString(), StringComparison.OrdinalIgnoreCase)
                || (publicUrl is not null && authority.Equals(new Uri(publicUrl).Authority, StringComparison.OrdinalIgnoreCase)));
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
}
