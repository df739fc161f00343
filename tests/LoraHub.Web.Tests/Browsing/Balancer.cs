using System.Net;
using System.Net.Sockets;

namespace LoraHub.Web.Tests.Browsing;

/// <summary>One address for several ports of this machine: each connection goes to the first port that accepts it.</summary>
sealed class Balancer : IAsyncDisposable
{
    readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    readonly CancellationTokenSource _stop = new();
    readonly Task _accepting;

    public Balancer(params int[] ports)
    {
        _listener.Start();
        _accepting = AcceptAsync(ports);
    }

    public Uri Address => new($"http://{_listener.LocalEndpoint}");

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        await _accepting;
        _listener.Dispose();
        _stop.Dispose();
    }

    async Task AcceptAsync(int[] ports)
    {
        var connections = new List<Task>();
        try
        {
            while (true)
            {
                connections.Add(ForwardAsync(await _listener.AcceptTcpClientAsync(_stop.Token), ports));
            }
        }
        catch (OperationCanceledException)
        {
            await Task.WhenAll(connections);
        }
    }

    /// <summary>Copies both directions until one ends; a connection that breaks, breaks on both sides.</summary>
    async Task ForwardAsync(TcpClient client, int[] ports)
    {
        using (client)
        {
            try
            {
                using var node = await ConnectAsync(ports);
                var (left, right) = (client.GetStream(), node.GetStream());
                await await Task.WhenAny(left.CopyToAsync(right, _stop.Token), right.CopyToAsync(left, _stop.Token));
            }
            catch (Exception broken) when (broken is IOException or OperationCanceledException)
            {
            }
        }
    }

    async Task<TcpClient> ConnectAsync(int[] ports)
    {
        foreach (var port in ports)
        {
            var node = new TcpClient();
            try
            {
                await node.ConnectAsync(IPAddress.Loopback, port, _stop.Token);
                return node;
            }
            catch (SocketException)
            {
                node.Dispose();
            }
        }

        throw new InvalidOperationException("No node accepts a connection.");
    }
}
