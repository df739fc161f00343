using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests;

public sealed class SecurityHeaderTests(SharedService shared) : IClassFixture<SharedService>
{
    [Fact]
    public async Task Responses_carry_security_headers()
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.FetchAsync("/health-check");

        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", Assert.Single(response.Headers.GetValues("Content-Security-Policy")));
        Assert.False(response.Headers.Contains("Server"));
    }
}
