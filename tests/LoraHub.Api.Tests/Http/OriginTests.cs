using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Http;

/// <summary>The scheme and host of the URLs in responses.</summary>
public sealed class OriginTests
{
    const string Default = """{"version": "lorahub/lorahub", "input": {}}""";

    [Fact]
    public async Task The_public_URL_is_the_root_of_every_URL()
    {
        await using var service = new Service(("Api:PublicUrl", "https://lorahub.example/"));
        var client = await service.ReadyAsync();

        var prediction = await client.PostJsonAsync("/v1/predictions", Default, ("Prefer", "wait"));

        Assert.StartsWith("https://lorahub.example/results/", prediction["output"]!.Text("adapter"));
        Assert.All(prediction["urls"]!.AsObject(), url => Assert.StartsWith("https://lorahub.example/", (string?)url.Value));
    }

    [Theory]
    [InlineData("false", "203.0.113.7", "http://localhost/v1/")]
    [InlineData("false", "127.0.0.1", "https://outside.example/v1/")]
    [InlineData("true", "203.0.113.7", "https://outside.example/v1/")]
    public async Task Forwarded_headers_apply_only_from_a_trusted_sender(string trust, string sender, string root)
    {
        await using var service = new Service(("Api:TrustForwardedHeaders", trust), ("Api:Hosts:0", "outside.example"))
        {
            Sender = IPAddress.Parse(sender),
        };
        var client = await service.ReadyAsync();

        var prediction = await client.PostJsonAsync("/v1/predictions", Default, ("X-Forwarded-Proto", "https"),
            ("X-Forwarded-Host", "outside.example"));

        Assert.StartsWith(root, prediction["urls"]!.Text("get"));
    }

    [Theory]
    [InlineData("javascript", "http://localhost/v1/")]
    [InlineData("file", "http://localhost/v1/")]
    [InlineData("https, javascript", "http://localhost/v1/")]
    [InlineData("https", "https://localhost/v1/")]
    public async Task A_forwarded_scheme_other_than_http_and_https_is_ignored(string scheme, string root)
    {
        await using var service = new Service { Sender = IPAddress.Loopback };
        var client = await service.ReadyAsync();

        var prediction = await client.PostJsonAsync("/v1/predictions", Default, ("X-Forwarded-Proto", scheme));

        Assert.StartsWith(root, prediction["urls"]!.Text("get"));
    }
}
