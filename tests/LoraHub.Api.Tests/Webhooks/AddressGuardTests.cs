using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Api.Webhooks;
using LoraHub.Core.Outbound;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Tests.Webhooks;

public sealed class AddressGuardTests
{
    [Theory]
    [InlineData("1.1.1.1")]
    [InlineData("9.255.255.255")]
    [InlineData("11.0.0.0")]
    [InlineData("100.63.255.255")]
    [InlineData("100.128.0.0")]
    [InlineData("169.253.255.255")]
    [InlineData("172.15.255.255")]
    [InlineData("172.32.0.0")]
    [InlineData("192.167.255.255")]
    [InlineData("192.169.0.0")]
    [InlineData("223.255.255.255")]
    [InlineData("2606:4700::1111")]
    [InlineData("64:ff9b::1.1.1.1")]
    [InlineData("2002:101:101::")]
    public void A_public_address_is_allowed(string address) => Assert.True(Allows(Guard(), address));

    [Theory]
    [InlineData("0.0.0.0")]
    [InlineData("0.1.2.3")]
    [InlineData("127.0.0.1")]
    [InlineData("127.9.9.9")]
    [InlineData("::1")]
    [InlineData("::ffff:127.0.0.1")]
    [InlineData("10.0.0.1")]
    [InlineData("100.64.0.1")]
    [InlineData("169.254.169.254")]
    [InlineData("172.16.0.1")]
    [InlineData("172.31.255.255")]
    [InlineData("192.0.2.1")]
    [InlineData("192.168.0.1")]
    [InlineData("198.18.0.1")]
    [InlineData("203.0.113.1")]
    [InlineData("224.0.0.1")]
    [InlineData("240.0.0.1")]
    [InlineData("255.255.255.255")]
    [InlineData("::")]
    [InlineData("::10.0.0.1")]
    [InlineData("::ffff:10.0.0.1")]
    [InlineData("::ffff:169.254.169.254")]
    [InlineData("64:ff9b::10.0.0.1")]
    [InlineData("64:ff9b::127.0.0.1")]
    [InlineData("64:ff9b:1::1")]
    [InlineData("2001::1")]
    [InlineData("2001:db8::1")]
    [InlineData("2002:a00:1::")]
    [InlineData("2002:7f00:1::1")]
    [InlineData("fc00::1")]
    [InlineData("fd12:3456::1")]
    [InlineData("fe80::1")]
    [InlineData("fe80::1%2")]
    [InlineData("fec0::1")]
    [InlineData("::ffff:0:127.0.0.1")]
    [InlineData("3fff::1")]
    [InlineData("5f00::1")]
    [InlineData("ff02::1")]
    public void An_address_of_this_machine_or_a_private_or_reserved_network_is_refused(string address) => Assert.False(Allows(Guard(), address));

    [Theory]
    [InlineData("10.1.2.3", true)]
    [InlineData("::ffff:10.1.2.3", true)]
    [InlineData("10.2.0.0", false)]
    [InlineData("fd00::5", true)]
    [InlineData("fd01::5", false)]
    [InlineData("169.254.169.254", false)]
    public void A_network_of_the_settings_is_allowed_and_no_other(string address, bool isAllowed) =>
        Assert.Equal(isAllowed, Allows(Guard("10.1.0.0/16", "fd00::/16"), address));

    [Theory]
    [InlineData("10.0.0.1")]
    [InlineData("192.168.0.1", "fe80::1")]
    [InlineData("::ffff:172.16.0.1")]
    public async Task A_name_that_resolves_to_a_refused_address_is_refused(params string[] addresses)
    {
        using var http = Client(addresses);

        var exception = await Assert.ThrowsAsync<HttpRequestException>(() => http.GetAsync(new Uri("http://public.example/"),
            TestContext.Current.CancellationToken));

        Assert.IsType<RefusedAddressException>(exception.InnerException);
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("10.0.0.1", "127.0.0.1")]
    [InlineData("127.0.0.2", "127.0.0.1")] // nobody listens on the first
    public async Task The_connection_uses_the_address_that_was_checked(params string[] addresses)
    {
        await using var receiver = await Receiver.StartAsync();
        using var http = Client(addresses);

        using var response = await http.GetAsync(new Uri($"http://public.example:{new Uri(receiver.Origin).Port}/"),
            TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.StartsWith("public.example:", (await receiver.NextAsync()).Headers["Host"]);
    }

    [Fact]
    public async Task A_name_is_resolved_once_per_connection()
    {
        await using var receiver = await Receiver.StartAsync();
        var lookups = new Queue<string>(["127.0.0.1", "10.0.0.1"]); // a name that resolves to another address the second time
        using var http = new HttpClient(new GuardedConnection(Guard("127.0.0.0/8"),
            (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse(lookups.Dequeue())])).CreateHandler());

        using var response = await http.GetAsync(new Uri($"http://public.example:{new Uri(receiver.Origin).Port}/"),
            TestContext.Current.CancellationToken).WaitAsync(Limits.Wait, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Single(lookups);
    }

    static bool Allows(AddressGuard guard, string address) => guard.Allows("some.example", new IPEndPoint(IPAddress.Parse(address), 80));

    static AddressGuard Guard(params string[] allowed) =>
        new(Options.Create(new WebhookOptions { AllowedNetworks = allowed }), new OwnAddresses());

    static HttpClient Client(string[] addresses) =>
        new(new GuardedConnection(
            Guard("127.0.0.0/8"), (_, _) => Task.FromResult<IPAddress[]>([.. addresses.Select(IPAddress.Parse)])).CreateHandler());
}
