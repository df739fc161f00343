using System.Net;
using System.Text;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Security;

/// <summary>Requests that the page of another site makes a browser send.</summary>
public sealed class OtherSiteTests(ServicePool pool) : IClassFixture<ServicePool>
{
    const string Lan = "192.168.1.20:5000";

    /// <summary>What browsers send to plain HTTP addresses other than localhost: an origin, and no <c>Sec-Fetch-Site</c>.</summary>
    [Theory]
    [InlineData("POST", "/predictions")]
    [InlineData("PUT", "/predictions/some")]
    [InlineData("POST", "/predictions/some/cancel")]
    [InlineData("POST", "/shutdown")]
    [InlineData("POST", "/v1/predictions")]
    [InlineData("POST", "/v1/predictions/some/cancel")]
    [InlineData("POST", "/v1/files")]
    [InlineData("DELETE", "/v1/files/some")]
    [InlineData("POST", "/v1/modules/a/b/versions")]
    [InlineData("DELETE", "/v1/modules/a/b")]
    [InlineData("POST", "/v1/modules/a/b/quarantine")]
    [InlineData("POST", "/no-such-route")]
    public async Task A_request_with_another_origin_changes_nothing(string method, string path)
    {
        var client = await pool.Get(IPAddress.Loopback).ReadyAsync();
        foreach (var origin in (string[])["http://evil.example", "http://192.168.1.20:8080", "https://192.168.1.20", "null", "file://", "evil"])
        {
            using var answer = await client.SendAsync(new HttpMethod(method), path, method == "DELETE" ? null : "{}",
                ("Host", Lan), ("Origin", origin));

            Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
            Assert.Contains("Api:CorsOrigins", await answer.TextAsync(), StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("cross-site", null, 403)]
    [InlineData("same-site", null, 403)]
    [InlineData("same-site", "http://192.168.1.20:8080", 403)]
    [InlineData("same-site", "https://playground.example", 200)]
    [InlineData("cross-site", "https://playground.example", 200)]
    [InlineData("", "https://playground.example", 200)]
    [InlineData("", $"http://{Lan}", 200)]
    [InlineData("", $"https://{Lan}", 200)] // a proxy removed TLS
    [InlineData("", "https://public.example", 200)]
    [InlineData("same-origin", "https://behind-a-proxy.example", 200)]
    [InlineData("none", null, 200)]
    [InlineData("none", "http://evil.example", 403)]
    [InlineData("", null, 200)] // not a browser
    public async Task Own_pages_and_those_of_the_settings_may_change_things(string site, string? origin, int status)
    {
        var client = await pool.Get(("Api:CorsOrigins:0", "https://playground.example"), ("Api:PublicUrl", "https://public.example")).ReadyAsync();
        (string, string)[] headers =
        [
            ("Host", Lan),
            .. site.Length == 0 ? [] : new[] { ("Sec-Fetch-Site", site) },
            .. origin is null ? [] : new[] { ("Origin", origin) },
        ];

        using var created = await client.PostAsync("/predictions", "{}", headers);
        using var read = await client.FetchAsync("/v1/predictions", headers);

        Assert.Equal((status, 200), ((int)created.StatusCode, (int)read.StatusCode));
    }

    [Fact]
    public async Task A_form_of_another_site_uploads_nothing()
    {
        var client = await pool.Get(IPAddress.Loopback).ReadyAsync();
        using var form = new MultipartFormDataContent { { new ByteArrayContent(Encoding.UTF8.GetBytes("text")), "content", "file.txt" } };
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/files") { Content = form };
        request.Headers.Add("Origin", "http://evil.example");

        using var answer = await client.SendAsync(request, TestContext.Current.CancellationToken);
        var files = await client.GetJsonAsync("/v1/files");

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
        Assert.Empty(files["results"]!.AsArray());
    }

    [Fact]
    public async Task A_token_does_not_lift_the_check()
    {
        var client = await pool.Get(TestTokens.Settings).ReadyAsync();

        using var answer = await client.PostAsync("/v1/predictions", "{}", TestTokens.Header(TestTokens.Anna), ("Origin", "http://evil.example"));

        Assert.Equal(HttpStatusCode.Forbidden, answer.StatusCode);
    }

    /// <summary>Also where no rule about web pages applies, such as with a token.</summary>
    [Theory]
    [InlineData("POST", "/shutdown", 403)]
    [InlineData("POST", "/predictions", 403)]
    [InlineData("POST", "/v1/predictions", 403)]
    [InlineData("DELETE", "/v1/modules/a/b", 403)]
    [InlineData("GET", "/health-check", 200)]
    public async Task A_request_that_a_service_sent_changes_nothing(string method, string path, int status)
    {
        var client = await pool.Get(IPAddress.Loopback, TestTokens.Settings).ReadyAsync();

        using var answer = await client.SendAsync(new HttpMethod(method), path, method == "POST" ? "{}" : null,
            ("X-LoraHub-Outbound", "1"), TestTokens.Header(TestTokens.Anna));

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task A_request_that_a_service_sent_is_never_local()
    {
        var client = await pool.Get(IPAddress.Loopback, ("Auth:Bare", "loopback")).ReadyAsync();

        using var marked = await client.FetchAsync("/", ("X-LoraHub-Outbound", "1"));
        using var plain = await client.FetchAsync("/");

        Assert.Equal((HttpStatusCode.Forbidden, HttpStatusCode.OK), (marked.StatusCode, plain.StatusCode));
    }
}
