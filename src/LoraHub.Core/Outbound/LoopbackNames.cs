using System.Net;

namespace LoraHub.Core.Outbound;

/// <summary>Host names and literal addresses that always mean this machine.</summary>
public static class LoopbackNames
{
    /// <param name="host">A name, or an address as text, with or without brackets.</param>
    public static bool Contains(string host)
    {
        var name = Normalize(host);
        return IsLocalhost(name) || (IPAddress.TryParse(name, out var address) && IPAddress.IsLoopback(PublicAddresses.Normalize(address)));
    }

    /// <summary>Whether it is <c>localhost</c> or a name under it, which resolve to this machine only (RFC 6761).</summary>
    /// <param name="name">From <see cref="Normalize"/>.</param>
    public static bool IsLocalhost(string name) =>
        name.Equals("localhost", StringComparison.OrdinalIgnoreCase) || name.EndsWith(".localhost", StringComparison.OrdinalIgnoreCase);

    /// <summary>Removes the brackets of an IPv6 address, and the dot after a fully qualified name.</summary>
    public static string Normalize(string host)
    {
        var name = host is ['[', .., ']'] ? host[1..^1] : host;
        return name.EndsWith('.') ? name[..^1] : name;
    }
}
