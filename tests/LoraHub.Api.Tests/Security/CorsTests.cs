using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Security;

/// <summary>Cross-origin requests of browsers.</summary>
public sealed class CorsTests
{
    const string Page = "https://page.example";

    [Theory]
    [InlineData("/v1/predictions")]
    [InlineData("/predictions")]
    [InlineData("/results/0/adapter.zip")]
    public async Task A_page_of_a_configured_origin_can_send_the_headers_of_clients(string path)
    {
        await using var service = new Service([.. TestTokens.Settings, ("Api:CorsOrigins:0", "https://other.example"), ("Api:CorsOrigins:1", Page)]);
        var client = await service.ReadyAsync();

        using var preflight = await client.SendAsync(
            HttpMethod.Options, path, json: null,
            ("Origin", Page), ("Access-Control-Request-Method", "POST"),
            ("Access-Control-Request-Headers", "authorization,content-type,prefer,last-event-id,cancel-after"));

        Assert.Equal(HttpStatusCode.NoContent, preflight.StatusCode);
        Assert.Equal(Page, Assert.Single(preflight.Headers.GetValues("Access-Control-Allow-Origin")));
        Assert.Equal("authorization,content-type,prefer,last-event-id,cancel-after",
            Assert.Single(preflight.Headers.GetValues("Access-Control-Allow-Headers")));
        Assert.False(preflight.Headers.Contains("Access-Control-Allow-Credentials"));
    }

    [Fact]
    public async Task A_page_may_read_the_answer_its_headers_and_the_refusals()
    {
        await using var service = new Service([.. TestTokens.Settings, ("Api:CorsOrigins:0", "*")]);
        var client = await service.ReadyAsync();

        using var refused = await client.FetchAsync("/v1/predictions", ("Origin", Page));
        using var answered = await client.FetchAsync("/v1/predictions", ("Origin", Page), TestTokens.Header(TestTokens.Anna));

        Assert.Equal(HttpStatusCode.Unauthorized, refused.StatusCode);
        Assert.Equal(HttpStatusCode.OK, answered.StatusCode);
        foreach (var answer in (HttpResponseMessage[])[refused, answered])
        {
            Assert.Equal("*", Assert.Single(answer.Headers.GetValues("Access-Control-Allow-Origin")));
            Assert.Subset(
                Assert.Single(answer.Headers.GetValues("Access-Control-Expose-Headers")).Split(',').ToHashSet(),
                new HashSet<string> { "Location", "Preference-Applied", "Retry-After", "ratelimit-remaining", "ratelimit-reset" });
        }
    }

    [Fact]
    public async Task A_page_of_another_origin_may_not()
    {
        await using var service = new Service(("Api:CorsOrigins:0", "https://other.example"));
        var client = await service.ReadyAsync();

        using var answer = await client.FetchAsync("/v1/predictions", ("Origin", Page));

        Assert.False(answer.Headers.Contains("Access-Control-Allow-Origin"));
    }

    [Fact]
    public async Task Without_the_setting_OPTIONS_is_not_supported()
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();

        using var preflight = await client.SendAsync(
            HttpMethod.Options, "/predictions", json: null, ("Origin", Page), ("Access-Control-Request-Method", "POST"));

        Assert.Equal(HttpStatusCode.MethodNotAllowed, preflight.StatusCode);
        Assert.NotEmpty(preflight.Content.Headers.Allow);
        Assert.False(preflight.Headers.Contains("Access-Control-Allow-Origin"));
    }
}
