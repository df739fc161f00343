using System.Net;
using System.Net.Sockets;

namespace LoraHub.Api.Outbound;

/// <summary>Finds the addresses of a host.</summary>
delegate Task<IPAddress[]> HostResolver(string host, CancellationToken cancellationToken);

/// <summary>Which addresses a request may go to. It stands against those who would have this service ask its own network's machines in their place (SSRF).</summary>
interface IAddressGuard
{
    /// <param name="host">The name, or address in letters, that the request goes to.</param>
    /// <param name="address">One that the host has.</param>
    bool Allows(string host, IPAddress address);
}

/// <summary>No address of a host is one that the request may go to.</summary>
sealed class RefusedAddressException() : IOException("The host has no address that may be asked.");

/// <summary>Connects to addresses that the guard has seen, and to no others: a name is resolved once, and what it then means is checked.</summary>
sealed class GuardedConnection(IAddressGuard guard, HostResolver resolve)
{
    /// <exception cref="RefusedAddressException">Every address of the host is refused.</exception>
    public async ValueTask<Stream> ConnectAsync(SocketsHttpConnectionContext context, CancellationToken cancellationToken)
    {
        var (host, port) = (context.DnsEndPoint.Host, context.DnsEndPoint.Port);
        var addresses = (await resolve(host, cancellationToken)).Where(address => guard.Allows(host, address)).ToArray();
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
                socket.Dispose(); // the next one may answer
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw new RefusedAddressException();
    }

    /// <summary>What sends requests: nothing stands between it and the checked address, and it keeps and follows nothing that a receiver says.</summary>
    public SocketsHttpHandler CreateHandler() => new()
    {
        ConnectCallback = ConnectAsync,
        UseProxy = false,
        UseCookies = false,
        AllowAutoRedirect = false,
        ActivityHeadersPropagator = null, // the trace is the one that the client gave
        PooledConnectionLifetime = TimeSpan.FromMinutes(2), // a name may come to mean another address
        MaxResponseHeadersLength = 16,
        MaxResponseDrainSize = 16 * 1024,
        ResponseDrainTimeout = TimeSpan.FromSeconds(1),
    };
}
