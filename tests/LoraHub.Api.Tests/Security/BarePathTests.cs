using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Security;

/// <summary>Access to Cog's paths.</summary>
public sealed class BarePathTests(ServicePool pool) : IClassFixture<ServicePool>
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
    public async Task The_setting_decides_who_can_use_bare_paths(string setting, string sender, string header, int answer)
    {
        var client = await pool.Get(IPAddress.Parse(sender), [.. TestTokens.Settings, ("Auth:Bare", setting)]).ReadyAsync();
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
    public async Task An_unknown_bare_path_is_refused_like_a_known_one(string setting, int answer)
    {
        var client = await pool.Get([.. TestTokens.Settings, ("Auth:Bare", setting)]).ReadyAsync();

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
    public async Task A_web_page_of_another_site_cannot_start_predictions_unless_a_setting_names_it(string site, string? origin,
        HttpStatusCode answer)
    {
        var client = await pool.Get(("Api:CorsOrigins:0", "https://playground.example")).ReadyAsync();

        using var created = await client.PostAsync("/predictions", json: null,
            [("Sec-Fetch-Site", site), .. origin is null ? Nothing : [("Origin", origin)]]);
        using var health = await client.FetchAsync("/health-check", ("Sec-Fetch-Site", site));

        Assert.Equal(answer, created.StatusCode);
        Assert.Equal(HttpStatusCode.OK, health.StatusCode);
    }
}
