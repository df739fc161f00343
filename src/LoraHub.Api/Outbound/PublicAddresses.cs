using System.Net;

namespace LoraHub.Api.Outbound;

/// <summary>Tells addresses of the public network from those of a private one, of one link, of this machine, or of none.</summary>
static class PublicAddresses
{
    // RFC 6890 and its registries: what is private, of one link, reserved, or many machines at once.
    static readonly IPNetwork[] Refused =
    [
        .. ((string[])[
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.168.0.0/16",
            "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "::/96", "64:ff9b:1::/48", "100::/64", "2001::/32", "2001:db8::/32", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        ]).Select(IPNetwork.Parse),
    ];

    static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96"), SixToFour = IPNetwork.Parse("2002::/16");

    /// <summary>An IPv4 address as one, however it came.</summary>
    public static IPAddress Plain(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <param name="address">A plain one.</param>
    public static bool Has(IPAddress address) =>
        !Refused.Any(network => network.Contains(address)) && (Carried(address) is not { } inner || Has(inner));

    /// <summary>The IPv4 address that a gateway would make of an IPv6 one, or null.</summary>
    static IPAddress? Carried(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return Nat64.Contains(address) ? new IPAddress(bytes.AsSpan(12, 4))
            : SixToFour.Contains(address) ? new IPAddress(bytes.AsSpan(2, 4))
            : null;
    }
}
