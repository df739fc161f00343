using System.Net;

namespace LoraHub.Core.Outbound;

/// <summary>Distinguishes public IP addresses from private, link-local, loopback and reserved ones.</summary>
public static class PublicAddresses
{
    // RFC 6890 and its registries: private, link-local, reserved and multicast ranges, and IPv4 translated to IPv6.
    static readonly IPNetwork[] Refused =
    [
        .. ((string[])[
            "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24",
            "192.168.0.0/16", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
            "::/96", "::ffff:0:0:0/96", "64:ff9b:1::/48", "100::/64", "100:0:0:1::/64", "2001::/32", "2001:2::/48", "2001:db8::/32", "3fff::/20",
            "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10", "ff00::/8",
        ]).Select(IPNetwork.Parse),
    ];

    static readonly IPNetwork Nat64 = IPNetwork.Parse("64:ff9b::/96"), SixToFour = IPNetwork.Parse("2002::/16");

    /// <summary>Converts an IPv4-mapped IPv6 address to IPv4; returns other addresses unchanged.</summary>
    public static IPAddress Normalize(IPAddress address) => address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;

    /// <param name="address">An address from <see cref="Normalize"/>.</param>
    public static bool IsPublic(IPAddress address) =>
        !Refused.Any(network => network.Contains(address)) && (EmbeddedIPv4(address) is not { } inner || IsPublic(inner));

    /// <summary>The IPv4 address embedded in a NAT64 or 6to4 address, or null.</summary>
    static IPAddress? EmbeddedIPv4(IPAddress address)
    {
        var bytes = address.GetAddressBytes();
        return Nat64.Contains(address) ? new IPAddress(bytes.AsSpan(12, 4))
            : SixToFour.Contains(address) ? new IPAddress(bytes.AsSpan(2, 4))
            : null;
    }
}
