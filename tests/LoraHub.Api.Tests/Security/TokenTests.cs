using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Security;

public sealed class TokenTests(ServicePool pool) : IClassFixture<ServicePool>
{
    const string Creation = """{"version": "lorahub/lorahub", "input": {}}""";

    [Theory]
    [InlineData("GET", "/v1/predictions")]
    [InlineData("POST", "/v1/predictions")]
    [InlineData("GET", "/v1/predictions/unknown")]
    [InlineData("DELETE", "/v1/predictions")]
    [InlineData("OPTIONS", "/v1/predictions")]
    [InlineData("GET", "/v1/no-such-route")]
    [InlineData("GET", "/V1/predictions")]
    [InlineData("GET", "/%761/predictions")]
    [InlineData("GET", "/v1/../v1/predictions")]
    [InlineData("GET", "/v1")]
    public async Task Without_a_token_every_path_under_v1_is_401_whether_it_exists_or_not(string method, string path)
    {
        var client = await pool.Get(TestTokens.Settings).ReadyAsync();

        using var response = await client.SendAsync(new HttpMethod(method), path, json: null);

        await CheckUnauthenticatedAsync(response);
    }

    [Theory]
    [InlineData("")]
    [InlineData("Bearer")]
    [InlineData("Bearer ")]
    [InlineData("Bearer lh_annas-token-4f0")]
    [InlineData("Bearer lh_annas-token-4f0c0")]
    [InlineData("Bearer LH_ANNAS-TOKEN-4F0C")]
    [InlineData("lh_annas-token-4f0c")]
    [InlineData("Basic lh_annas-token-4f0c")]
    [InlineData("Bearer lh_wrong, Bearer lh_annas-token-4f0c")]
    [InlineData("Bearer sha256:f0f44b1a3bd9ff0c0f6d3b4a5a2b5e3f0f44b1a3bd9ff0c0f6d3b4a5a2b5e3f0")]
    public async Task An_unknown_token_is_401(string authorization)
    {
        var client = await pool.Get(TestTokens.Settings).ReadyAsync();

        using var response = await client.PostAsync("/v1/predictions", Creation, ("Authorization", authorization));

        await CheckUnauthenticatedAsync(response);
    }

    [Theory]
    [InlineData($"Bearer {TestTokens.Anna}")]
    [InlineData($"Bearer {TestTokens.Bert}")]
    [InlineData($"bearer {TestTokens.Anna}")]
    [InlineData($"Token {TestTokens.Anna}")]
    [InlineData($"TOKEN  {TestTokens.Bert}")]
    public async Task A_token_is_accepted_with_Bearer_and_with_Token(string authorization)
    {
        var client = await pool.Get(TestTokens.Settings).ReadyAsync();

        using var created = await client.PostAsync("/v1/predictions", Creation, ("Authorization", authorization));
        using var unknown = await client.FetchAsync("/v1/no-such-route", ("Authorization", authorization));
        using var otherMethod = await client.SendAsync(HttpMethod.Options, "/v1/predictions", json: null, ("Authorization", authorization));

        Assert.Equal(HttpStatusCode.Created, created.StatusCode);
        Assert.Equal(HttpStatusCode.NotFound, unknown.StatusCode);
        Assert.Equal(HttpStatusCode.MethodNotAllowed, otherMethod.StatusCode);
        Assert.Equal(["GET", "POST"], otherMethod.Content.Headers.Allow.Order(StringComparer.Ordinal));
    }

    [Fact]
    public async Task A_stream_and_a_result_need_no_token_because_their_URLs_are_unguessable()
    {
        var client = await pool.Get(TestTokens.Settings).ReadyAsync();
        var prediction = await client.PostJsonAsync("/v1/predictions", Creation, TestTokens.Header(TestTokens.Anna), ("Prefer", "wait"));

        using var stream = await client.FetchAsync(new Uri(prediction["urls"]!.Text("stream")!).PathAndQuery);
        using var adapter = await client.FetchAsync(new Uri(prediction["output"]!.Text("adapter")!).PathAndQuery);

        Assert.Equal("done", EventStream.Parse(await stream.TextAsync())[^1].Name);
        Assert.Equal(HttpStatusCode.OK, adapter.StatusCode);
    }

    [Fact]
    public async Task Without_configured_tokens_v1_accepts_any_token()
    {
        var client = await pool.Get().ReadyAsync();

        using var response = await client.PostAsync("/v1/predictions", Creation, ("Authorization", "Bearer any"));

        Assert.Equal(HttpStatusCode.Created, response.StatusCode);
    }

    [Theory]
    [InlineData("Auth:Tokens:0:Name", "two words", "Auth:Tokens:0:Name: a token's name is 1 to 64 letters, digits, '.', '-' and '_'.")]
    [InlineData("Auth:Tokens:0:Name", "", "Auth:Tokens:0:Name: a token's name is")]
    [InlineData("Auth:Tokens:0:Name", "bert", "Auth:Tokens: the name `bert` is used twice.")]
    [InlineData("Auth:Tokens:0:Hash", TestTokens.Anna,
        "Auth:Tokens:0:Hash must be `sha256:` and the 64 hexadecimal digits of the token's SHA-256, never the token itself")]
    [InlineData("Auth:Token:0:Name", "anna", "Unknown setting `Auth:Token`; did you mean `Auth:Tokens`?")]
    [InlineData("Auth:Bare", "nobody", "`Auth:Bare` is `nobody`; use `open`, `token`, `loopback` or `off`.")]
    [InlineData("Api:CorsOrigins:0", "https://example.org/", "Api:CorsOrigins: `https://example.org/` is neither `*` nor scheme, host and port")]
    public async Task An_invalid_setting_stops_the_start(string key, string value, string message)
    {
        var settings = TestTokens.Settings.Where(setting => setting.Key != key).Append((key, value)).ToArray();

        var run = await FinishedRun.OfAsync(Path.GetTempPath(), ["--urls", "http://127.0.0.1:0"], settings);

        Assert.Equal(1, run.Code);
        Assert.StartsWith("lorahub cannot start: ", run.Error, StringComparison.Ordinal);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(TestTokens.Anna, run.Error + run.Output, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Requiring_tokens_without_any_stops_the_start()
    {
        var run = await FinishedRun.OfAsync(Path.GetTempPath(), ["--urls", "http://127.0.0.1:0"], ("Auth:Bare", "token"));

        Assert.Equal(1, run.Code);
        Assert.Contains("Auth:Bare is `token`, but Auth:Tokens is empty.", run.Error, StringComparison.Ordinal);
    }

    static async Task CheckUnauthenticatedAsync(HttpResponseMessage response)
    {
        Assert.Equal(HttpStatusCode.Unauthorized, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        Assert.Equal("Bearer", Assert.Single(response.Headers.WwwAuthenticate).ToString());
        Assert.Equal("""{"title":"Unauthenticated","detail":"You did not pass a valid authentication token","status":401}""",
            await response.TextAsync());
    }
}
