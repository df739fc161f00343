using System.Net;
using LoraHub.Api.Http;
using LoraHub.Core.Outbound;
using Microsoft.AspNetCore.Authorization;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Security;

/// <summary>
/// Decides which host names the service answers to where it asks for no token. A web page can point its own name to this address (DNS
/// rebinding). For the browser the service is then a part of that page's site, so the page could read and change everything here. It cannot
/// choose a name that this rule allows.
/// </summary>
sealed class HostRule(Tokens tokens, IOptions<AuthOptions> auth, IOptions<ApiOptions> api)
{
    const string Any = "*";

    readonly HashSet<string> _names = new(
        [
            Environment.MachineName,
            Dns.GetHostName(),
            $"{Environment.MachineName}.local", // how other machines of the same network find it
            .. api.Value.PublicUrl is { } url ? [new Uri(url).IdnHost] : (string[])[],
            .. api.Value.Hosts.Select(LoopbackNames.Normalize),
        ],
        StringComparer.OrdinalIgnoreCase);

    /// <summary>Whether the request was sent to an allowed name, or gets nothing without a token or an unguessable URL.</summary>
    public bool Allows(HttpContext http) => !Covers(http) || Names(http.Request).All(Allows);

    /// <summary>Where tokens are set, the bare paths may still be open.</summary>
    bool Covers(HttpContext http) => !tokens.Any
        || (auth.Value.Bare == BareAccess.Open
            && http.GetEndpoint() is { } endpoint
            && endpoint.Metadata.GetMetadata<IAllowAnonymous>() is null
            && !V1.Covers(http.Request.Path)
            && !PageRoute.Covers(endpoint) // they ask for a token
            && tokens.Of(http.Request) is null);

    /// <summary>
    /// The host, and the one before a forwarded header replaced it: a page that rebound its name can send forwarded headers too.
    /// </summary>
    static IEnumerable<string> Names(HttpRequest request) =>
        request.Headers["X-Original-Host"].Select(host => new HostString(host ?? "").Host).Append(request.Host.Host);

    bool Allows(string host)
    {
        var name = LoopbackNames.Normalize(host);
        return name.Length == 0 // browsers always send a name
            || IPAddress.TryParse(name, out _)
            || LoopbackNames.IsLocalhost(name)
            || _names.Contains(name)
            || _names.Contains(Any);
    }
}
