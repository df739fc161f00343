using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests;

public sealed class SecurityHeaderTests(SharedService shared) : IClassFixture<SharedService>
{
    [Fact]
    public async Task Answers_carry_headers_that_hold_a_browser_back()
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.FetchAsync("/health-check");

        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", Assert.Single(response.Headers.GetValues("Content-Security-Policy")));
        Assert.False(response.Headers.Contains("Server"));
    }
}
