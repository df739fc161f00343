using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Security;

/// <summary>Who may use Cog's paths.</summary>
public sealed class BarePathTests
{
    static readonly (string Name, string Value)[] Nothing = [];

    public static TheoryData<string, string, string, int> Requests => new()
    {
        // setting, sender, header, answer
        { "open", "203.0.113.7", "", 200 },
        { "token", "127.0.0.1", "", 401 },
        { "token", "203.0.113.7", "Authorization: Bearer wrong", 401 },
        { "token", "203.0.113.7", $"Authorization: Bearer {TestTokens.Bert}", 200 },
        { "loopback", "127.0.0.1", "", 200 },
        { "loopback", "::1", "", 200 },
        { "loopback", "::ffff:127.0.0.1", "", 200 },
        { "loopback", "203.0.113.7", "", 403 },
        { "loopback", "203.0.113.7", "X-Forwarded-For: 127.0.0.1", 403 },
        { "loopback", "127.0.0.1", "X-Forwarded-For: 127.0.0.1", 403 },
        { "loopback", "127.0.0.1", "X-Forwarded-For: 203.0.113.7", 403 },
        { "loopback", "127.0.0.1", "Forwarded: for=203.0.113.7", 403 },
        { "loopback", "127.0.0.1", "X-Real-IP: 203.0.113.7", 403 },
        { "loopback", "127.0.0.1", "Host: attacker.example", 403 },
        { "loopback", "203.0.113.7", $"Authorization: Bearer {TestTokens.Bert}", 403 },
        { "off", "127.0.0.1", $"Authorization: Bearer {TestTokens.Bert}", 404 },
    };

    [Theory]
    [MemberData(nameof(Requests))]
    public async Task Bare_paths_are_for_whom_the_setting_names(string setting, string sender, string header, int answer)
    {
        await using var service = new Service([.. TestTokens.Settings, ("Auth:Bare", setting)]) { Sender = IPAddress.Parse(sender) };
        var client = await service.ReadyAsync();
        var headers = header.Split(": ") is [var name, var value] ? [(name, value)] : Nothing;

        using var created = await client.PostAsync("/predictions", "{}", headers);
        using var index = await client.FetchAsync("/", headers);
        using var health = await client.FetchAsync("/health-check", headers);

        Assert.Equal(answer, (int)created.StatusCode);
        Assert.Equal(answer, (int)index.StatusCode);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode); // a probe has no token and comes from elsewhere
        Assert.Equal(answer == 401, created.Headers.WwwAuthenticate.Count == 1);
        if (answer is 401 or 403)
        {
            Assert.Equal("failed", (await created.JsonAsync()).Text("status"));
        }
    }

    [Theory]
    [InlineData("token", 401)]
    [InlineData("loopback", 403)]
    [InlineData("off", 404)]
    public async Task A_bare_path_that_is_none_says_no_more_than_one_that_is(string setting, int answer)
    {
        await using var service = new Service([.. TestTokens.Settings, ("Auth:Bare", setting)]);
        var client = await service.ReadyAsync();

        using var unknown = await client.FetchAsync("/no-such-route");
        using var otherMethod = await client.SendAsync(HttpMethod.Delete, "/predictions", json: null);

        Assert.Equal(answer, (int)unknown.StatusCode);
        Assert.Equal(answer, (int)otherMethod.StatusCode);
    }

    [Theory]
    [InlineData("cross-site", "https://elsewhere.example", HttpStatusCode.Forbidden)]
    [InlineData("cross-site", "https://playground.example", HttpStatusCode.OK)]
    [InlineData("same-origin", "http://localhost", HttpStatusCode.OK)]
    [InlineData("none", null, HttpStatusCode.OK)]
    public async Task A_web_page_of_another_site_cannot_start_predictions_unless_a_setting_names_it(string site, string? origin, HttpStatusCode answer)
    {
        await using var service = new Service(("Api:CorsOrigins:0", "https://playground.example"));
        var client = await service.ReadyAsync();

        using var created = await client.PostAsync("/predictions", json: null, [("Sec-Fetch-Site", site), .. origin is null ? Nothing : [("Origin", origin)]]);
        using var health = await client.FetchAsync("/health-check", ("Sec-Fetch-Site", site));

        Assert.Equal(answer, created.StatusCode);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }
}
