using System.Net;
using LoraHub.Api.Tests.Support;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.Security;

/// <summary>The host names that the service answers to, against DNS rebinding.</summary>
public sealed class HostRuleTests(ServicePool pool) : IClassFixture<ServicePool>
{
    [Fact]
    public async Task Without_tokens_no_route_answers_to_the_name_of_a_web_page()
    {
        var service = pool.Get(IPAddress.Loopback);
        var client = await service.ReadyAsync();
        var routes = service.Services.GetServices<EndpointDataSource>().SelectMany(source => source.Endpoints).OfType<RouteEndpoint>()
            .SelectMany(route => Methods(route).Select(method => (Method: method, Path: Path(route)))).Distinct().ToArray();
        Assert.NotEmpty(routes);

        foreach (var (method, path) in routes.Concat([("GET", "/docs/index.html"), ("GET", "/docs/service.json"), ("GET", "/no-such-route")]))
        {
            using var answer = await client.SendAsync(new HttpMethod(method), path, json: null, ("Host", "evil.example"));

            Assert.True(answer.StatusCode == HttpStatusCode.Forbidden, $"{method} {path}: {answer.StatusCode}");
        }
    }

    [Theory]
    [InlineData("localhost", 200)]
    [InlineData("LOCALHOST:5000", 200)]
    [InlineData("localhost.:5000", 200)]
    [InlineData("app.localhost:5000", 200)]
    [InlineData("127.0.0.1:5000", 200)]
    [InlineData("[::1]:5000", 200)]
    [InlineData("192.168.1.20", 200)]
    [InlineData("evil.example", 403)]
    [InlineData("evil.example:5000", 403)]
    [InlineData("localhost.evil.example", 403)]
    [InlineData("127.0.0.1.evil.example", 403)]
    [InlineData("evillocalhost", 403)]
    [InlineData("lorahub.example.evil.example", 403)]
    [InlineData("lorahub.example", 200)]
    [InlineData("LoraHub.Example.:8080", 200)]
    [InlineData("public.example", 200)]
    public async Task Without_tokens_only_names_that_no_web_page_can_choose_are_answered(string host, int status)
    {
        var client = await pool.Get(IPAddress.Loopback, ("Api:Hosts:0", "lorahub.example"), ("Api:PublicUrl", "https://public.example"))
            .ReadyAsync();

        using var read = await client.FetchAsync("/v1/predictions", ("Host", host));
        using var created = await client.PostAsync("/predictions", "{}", ("Host", host));

        Assert.Equal((status, status), ((int)read.StatusCode, (int)created.StatusCode));
    }

    [Fact]
    public async Task The_name_of_this_machine_is_answered()
    {
        var client = await pool.Get(IPAddress.Loopback).ReadyAsync();

        using var answer = await client.FetchAsync("/v1/predictions", ("Host", $"{Environment.MachineName}:5000"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Fact]
    public async Task A_refusal_names_the_host_and_the_setting_in_the_format_of_the_path()
    {
        var client = await pool.Get(IPAddress.Loopback).ReadyAsync();

        using var problem = await client.FetchAsync("/v1/predictions", ("Host", "evil.example"));
        using var failure = await client.FetchAsync("/", ("Host", "evil.example"));

        Assert.Equal("application/problem+json", problem.Content.Headers.ContentType!.MediaType);
        Assert.Matches("`evil.example`.*Api:Hosts", (await problem.JsonAsync()).Text("detail"));
        Assert.Equal("failed", (await failure.JsonAsync()).Text("status"));
    }

    /// <summary>A page that has rebound its name may send any header, and the service trusts forwarded headers of this machine.</summary>
    [Theory]
    [InlineData("evil.example", "localhost", 403)]
    [InlineData("localhost", "evil.example", 403)]
    [InlineData("localhost", "127.0.0.1:5000", 200)]
    public async Task A_forwarded_host_cannot_hide_the_name(string host, string forwarded, int status)
    {
        var client = await pool.Get(IPAddress.Loopback).ReadyAsync();

        using var answer = await client.FetchAsync("/v1/predictions", ("Host", host), ("X-Forwarded-Host", forwarded));

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task Every_name_is_answered_when_the_setting_is_a_star()
    {
        var client = await pool.Get(("Api:Hosts:0", "*")).ReadyAsync();

        using var answer = await client.FetchAsync("/v1/predictions", ("Host", "evil.example"));

        Assert.Equal(HttpStatusCode.OK, answer.StatusCode);
    }

    [Theory]
    [InlineData("/v1/predictions", TestTokens.Anna, 200)]
    [InlineData("/v1/predictions", null, 401)]
    [InlineData("/", TestTokens.Anna, 200)]
    [InlineData("/", null, 403)] // a bare path that is open
    [InlineData("/health-check", null, 200)]
    [InlineData("/docs/index.html", null, 200)]
    public async Task With_tokens_every_name_is_answered_except_where_data_is_open(string path, string? token, int status)
    {
        var client = await pool.Get(TestTokens.Settings).ReadyAsync();

        using var answer = await client.FetchAsync(path, [("Host", "lorahub.example"), .. token is null ? [] : new[] { TestTokens.Header(token) }]);

        Assert.Equal(status, (int)answer.StatusCode);
    }

    [Fact]
    public async Task With_tokens_pages_are_answered_under_every_name_since_they_ask_for_one()
    {
        var visitor = await Visitor.OfAsync(pool.Get(TestTokens.Settings), "http://lorahub.example");

        using var refused = await visitor.OpenAsync("/");
        using var signedIn = await visitor.SignInAsync(TestTokens.Anna);
        using var shown = await visitor.OpenAsync("/");

        Assert.Equal(
            (HttpStatusCode.Redirect, HttpStatusCode.Redirect, HttpStatusCode.OK), (refused.StatusCode, signedIn.StatusCode, shown.StatusCode));
    }

    [Theory]
    [InlineData("Api:Hosts:0", "https://lorahub.example", "Api:Hosts: `https://lorahub.example`")]
    [InlineData("Api:Hosts:0", "lorahub.example:80", "Api:Hosts: `lorahub.example:80`")]
    [InlineData("Api:PublicUrl", "javascript:alert(1)", "Api:PublicUrl is `javascript:alert(1)`")]
    [InlineData("Api:PublicUrl", "ftp://lorahub.example", "Api:PublicUrl is `ftp://lorahub.example`")]
    public async Task An_invalid_name_stops_the_start(string setting, string value, string message)
    {
        var run = await FinishedRun.OfAsync(System.IO.Path.GetTempPath(), ["--urls", "http://127.0.0.1:0"], (setting, value));

        Assert.Equal(1, run.Code);
        Assert.Contains(message, run.Error, StringComparison.Ordinal);
    }

    static IReadOnlyList<string> Methods(RouteEndpoint route) => route.Metadata.GetMetadata<HttpMethodMetadata>()?.HttpMethods ?? ["GET"];

    static string Path(RouteEndpoint route) => "/" + string.Join(
        '/',
        route.RoutePattern.PathSegments.Select(segment => string.Concat(segment.Parts.Select(part =>
            part is Microsoft.AspNetCore.Routing.Patterns.RoutePatternLiteralPart literal ? literal.Content : "x"))));
}
