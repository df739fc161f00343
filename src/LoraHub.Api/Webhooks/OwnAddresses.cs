using System.Net;
using System.Net.NetworkInformation;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;

namespace LoraHub.Api.Webhooks;

/// <summary>The addresses on which the service listens: its ports, on every address of this machine.</summary>
/// <param name="server">Null outside a web host.</param>
sealed class OwnAddresses(IServer? server = null)
{
    /// <param name="address">An address from <c>PublicAddresses.Normalize</c>.</param>
    public bool Contains(IPAddress address, int port) => Ports().Contains(port) && IsOfThisMachine(address);

    /// <summary>Read each time: the server knows its ports only after it has started.</summary>
    IEnumerable<int> Ports() => server?.Features.Get<IServerAddressesFeature>()?.Addresses.Select(url => BindingAddress.Parse(url).Port) ?? [];

    /// <summary>A connection to an unspecified address, such as 0.0.0.0, goes to this machine.</summary>
    static bool IsOfThisMachine(IPAddress address) =>
        IPAddress.IsLoopback(address)
        || address.Equals(IPAddress.Any)
        || address.Equals(IPAddress.IPv6Any)
        || NetworkInterface.GetAllNetworkInterfaces()
            .SelectMany(network => network.GetIPProperties().UnicastAddresses)
            .Any(own => own.Address.GetAddressBytes().SequenceEqual(address.GetAddressBytes())); // without the scope of a link-local address
}
