using System.Net;
using System.Net.Sockets;

namespace LoraHub.Core.Outbound;

/// <summary>Resolves the addresses of a host.</summary>
public delegate Task<IPAddress[]> HostResolver(string host, CancellationToken cancellationToken);

/// <summary>Decides which addresses a request may go to. It prevents server-side request forgery (SSRF) against the service's own network.</summary>
public interface IAddressGuard
{
    /// <param name="host">The request's host: a name, or an address as text.</param>
    /// <param name="endpoint">One of the host's addresses, and the port.</param>
    bool Allows(string host, IPEndPoint endpoint);

    /// <summary>
    /// Whether requests to the URL may be allowed, as far as the URL itself tells: a name other than localhost is looked up only when a request is
    /// sent.
    /// </summary>
    bool MayAllow(Uri url)
    {
        var host = LoopbackNames.Normalize(url.IdnHost);
        IPAddress[] addresses = LoopbackNames.IsLocalhost(host) ? [IPAddress.Loopback, IPAddress.IPv6Loopback]
            : IPAddress.TryParse(host, out var literal) ? [literal]
            : [];
        return addresses.Length == 0 || addresses.Any(address => Allows(host, new IPEndPoint(address, url.Port)));
    }
}

/// <summary>The guard allows none of a host's addresses.</summary>
public sealed class RefusedAddressException() : IOException("The host has no allowed address.");

/// <summary>
/// Connects only to addresses that the guard allows. It resolves a name once and connects to the addresses that it checked. Every request
/// carries <see cref="OutboundHeaders"/>.
/// </summary>
public sealed class GuardedConnection(IAddressGuard guard, HostResolver resolve)
{
    /// <exception cref="RefusedAddressException">The guard allows none of the host's addresses.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = (await resolve(host, cancellationToken)).Where(address => guard.Allows(host, new IPEndPoint(address, port))).ToArray();
        for (var i = 0; i < addresses.Length; i++)
        {
            var socket = new Socket(addresses[i].AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
            try
            {
                await socket.ConnectAsync(addresses[i], port, cancellationToken);
                return new NetworkStream(socket, ownsSocket: true);
            }
            catch (SocketException) when (i + 1 < addresses.Length)
            {
                socket.Dispose(); // try the next address
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw new RefusedAddressException();
    }

    /// <summary>Creates a handler that connects directly to checked addresses: no proxy, no cookies, no redirects.</summary>
    /// <param name="configure">Changes the handler, or null.</param>
    public HttpMessageHandler CreateHandler(Action<SocketsHttpHandler>? configure = null)
    {
        var handler = new SocketsHttpHandler
        {
            ConnectCallback = ConnectAsync,
            UseProxy = false,
            UseCookies = false,
            AllowAutoRedirect = false,
            ActivityHeadersPropagator = null, // requests carry the client's trace instead
            PooledConnectionLifetime = TimeSpan.FromMinutes(2), // a host's addresses may change
            MaxResponseHeadersLength = 16,
            MaxResponseDrainSize = 16 * 1024,
            ResponseDrainTimeout = TimeSpan.FromSeconds(1),
        };
        configure?.Invoke(handler);
        return new MarkingHandler(handler);
    }

    sealed class MarkingHandler(HttpMessageHandler inner) : DelegatingHandler(inner)
    {
        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            OutboundHeaders.AddTo(request.Headers);
            return base.SendAsync(request, cancellationToken);
        }
    }
}
