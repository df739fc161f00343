using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Security;

public sealed class RateLimitTests
{
    const string Creation = """{"version": "lorahub/lorahub", "input": {}}""";

    [Fact]
    public async Task A_request_beyond_the_limit_is_429_with_Retry_After()
    {
        await using var service = new Service(("RateLimits:CreationsPerMinute", "2"));
        var client = await service.ReadyAsync();

        var codes = new List<HttpStatusCode>();
        for (var i = 0; i < 2; i++)
        {
            using var within = await client.PostAsync("/v1/predictions", Creation);
            codes.Add(within.StatusCode);
        }

        using var beyond = await client.PostAsync("/v1/predictions", Creation);

        Assert.Equal([HttpStatusCode.Created, HttpStatusCode.Created], codes);
        Assert.Equal(HttpStatusCode.TooManyRequests, beyond.StatusCode);
        Assert.Equal("application/problem+json", beyond.Content.Headers.ContentType!.MediaType);
        var seconds = Assert.Single(beyond.Headers.GetValues("Retry-After"));
        Assert.InRange(int.Parse(seconds, System.Globalization.CultureInfo.InvariantCulture), 1, 60);
        Assert.Equal("0", Assert.Single(beyond.Headers.GetValues("ratelimit-remaining")));
        Assert.Equal(seconds, Assert.Single(beyond.Headers.GetValues("ratelimit-reset")));
        Assert.Equal($$"""{"detail":"Request was throttled. Your rate limit resets in ~{{seconds}}s.","status":429}""", await beyond.TextAsync());
    }

    [Fact]
    public async Task Creations_and_other_requests_are_counted_apart_and_bare_paths_not_at_all()
    {
        await using var service = new Service(("RateLimits:CreationsPerMinute", "1"), ("RateLimits:OthersPerMinute", "1"),
            ("Queue:BareCapacity", "2"));
        var client = await service.ReadyAsync();

        Assert.Equal(HttpStatusCode.Created, await CodeAsync(client, HttpMethod.Post, "/v1/predictions", Creation));
        Assert.Equal(HttpStatusCode.TooManyRequests, await CodeAsync(client, HttpMethod.Post, "/v1/predictions/", Creation));
        Assert.Equal(HttpStatusCode.TooManyRequests, await CodeAsync(client, HttpMethod.Post, "/v1/models/lorahub/lorahub/predictions", Creation));
        Assert.Equal(HttpStatusCode.OK, await CodeAsync(client, HttpMethod.Get, "/v1/predictions"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await CodeAsync(client, HttpMethod.Get, "/v1/no-such-route"));
        Assert.Equal(HttpStatusCode.OK, await CodeAsync(client, HttpMethod.Post, "/predictions", "{}"));
        Assert.Equal(HttpStatusCode.OK, await CodeAsync(client, HttpMethod.Get, "/health-check"));
    }

    [Fact]
    public async Task Each_token_has_its_own_budget_and_invalid_tokens_use_that_of_their_address()
    {
        await using var service = new Service([.. TestTokens.Settings, ("RateLimits:OthersPerMinute", "1")]) { Sender = IPAddress.Loopback };
        var client = await service.ReadyAsync();

        Assert.Equal(HttpStatusCode.OK, await CodeAsync(client, "198.51.100.1", TestTokens.Anna));
        Assert.Equal(HttpStatusCode.OK, await CodeAsync(client, "198.51.100.1", TestTokens.Bert));
        Assert.Equal(HttpStatusCode.TooManyRequests, await CodeAsync(client, "198.51.100.2", TestTokens.Anna));
        Assert.Equal(HttpStatusCode.Unauthorized, await CodeAsync(client, "198.51.100.1", "guess"));
        Assert.Equal(HttpStatusCode.TooManyRequests, await CodeAsync(client, "198.51.100.1", "another guess"));
    }

    [Theory]
    [InlineData("198.51.100.1", "198.51.100.2", HttpStatusCode.OK)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:1:ffff::2", HttpStatusCode.TooManyRequests)]
    [InlineData("2001:db8:0:1::1", "2001:db8:0:2::1", HttpStatusCode.OK)]
    [InlineData("198.51.100.1", "::ffff:198.51.100.1", HttpStatusCode.TooManyRequests)]
    public async Task Without_a_token_each_address_or_IPv6_network_has_a_budget(string first, string second, HttpStatusCode answer)
    {
        await using var service = new Service(("RateLimits:OthersPerMinute", "1")) { Sender = IPAddress.Loopback };
        var client = await service.ReadyAsync();

        Assert.Equal(HttpStatusCode.OK, await CodeAsync(client, first));
        Assert.Equal(answer, await CodeAsync(client, second));
    }

    [Fact]
    public async Task An_open_stream_does_not_block_other_requests()
    {
        await using var service = new Service(("RateLimits:OthersPerMinute", "2"));
        service.Predictor.Script = run => run.UntilCanceled();
        var client = await service.ReadyAsync();
        var prediction = await client.PostJsonAsync("/v1/predictions", Creation);
        using var stream = await client.FetchAsync(new Uri(prediction["urls"]!.Text("stream")!).PathAndQuery);

        Assert.Equal(HttpStatusCode.OK, await CodeAsync(client, HttpMethod.Get, "/v1/predictions"));
    }

    [Fact]
    public async Task A_full_queue_sends_Retry_After()
    {
        await using var service = new Service(("Queue:Capacity", "1"));
        service.Predictor.Script = run => run.UntilCanceled();
        var client = await service.ReadyAsync();
        using var first = await client.PostAsync("/v1/predictions", Creation);

        using var second = await client.PostAsync("/v1/predictions", Creation);

        Assert.Equal(HttpStatusCode.TooManyRequests, second.StatusCode);
        Assert.Equal("10", Assert.Single(second.Headers.GetValues("Retry-After")));
    }

    static Task<HttpStatusCode> CodeAsync(HttpClient client, string address, string? token = null) =>
        CodeAsync(client, HttpMethod.Get, "/v1/predictions", json: null,
            [("X-Forwarded-For", address), .. token is null ? [] : new[] { TestTokens.Header(token) }]);

    static async Task<HttpStatusCode> CodeAsync(HttpClient client, HttpMethod method, string path, string? json = null,
        params (string Name, string Value)[] headers)
    {
        using var response = await client.SendAsync(method, path, json, headers);
        return response.StatusCode;
    }
}
