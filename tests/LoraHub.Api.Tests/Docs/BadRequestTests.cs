using System.Net;
using System.Net.Http.Headers;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Docs;

/// <summary>Sends malformed requests to every documented route: each gets a clear refusal, never a 500, never internal details.</summary>
public sealed class BadRequestTests(SharedService shared) : IClassFixture<SharedService>
{
    /// <summary>A marker in the requests that no response may quote.</summary>
    const string Secret = "ey-do-not-repeat";

    static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "QUERY", "TRACE", "NONSENSE"];

    static readonly string[] OddSegments =
    [
        "..%2f..%2fetc%2fpasswd", "%2e%2e", "%ff%fe", "%F0%9F%90%88", "a%0d%0aSet-Cookie:%20x=1", "'%22%3Cscript%3E", "%25%32%65",
        new string('x', 4000),
    ];

    static readonly string[] OddBodies =
    [
        "", "null", "[]", "\"text\"", "1", "{", "{\"input\": null}", "{\"input\": []}", "{\"input\": \"text\"}",
        $$"""{"version": 1, "input": {"{{Secret}}": 1} }""",
        $$"""{"id": {"{{Secret}}": 1} }""", """{"id": "../../x"}""", """{"webhook": 5}""", """{"webhook": "nowhere"}""",
        """{"webhook_events_filter": "all"}""",
        """{"context": [1]}""", """{"input": {"seed": 1e999}}""", """{"input": {"example_inputs": "\ud800"}}""", new string('[', 100_000),
    ];

    static readonly string[] OddQueries = ["cursor=%00", "cursor=....", "created_after=yesterday", "limit=-1", "limit=99999999999", "query=%ff",
        "source=nowhere", "sort_by=%27", "a=b&a=c&=&&", "expiry=x&signature=%00&owner="];

    [Fact]
    public async Task An_unsupported_method_is_405_and_lists_the_supported_ones()
    {
        var client = await shared.Service.ReadyAsync();
        foreach (var (path, methods) in (await DocumentAsync()).Json["paths"]!.AsObject())
        {
            // a method that OpenAPI 3.0 cannot say
            var known = methods!.AsObject().Select(pair => pair.Key.ToUpperInvariant()).Concat(path == "/v1/models" ? ["QUERY"] : []).ToHashSet();
            foreach (var method in Methods.Where(method => !known.Contains(method) && !(method == "HEAD" && known.Contains("GET"))))
            {
                using var response = await client.SendAsync(new HttpMethod(method), Filled(path, "x"), json: null);

                Assert.True(response.StatusCode == HttpStatusCode.MethodNotAllowed, $"{method} {path}: {response.StatusCode}");
                Assert.Subset(response.Content.Headers.Allow.ToHashSet(), known);
                await CheckAsync(response, $"{method} {path}");
            }
        }
    }

    [Fact]
    public async Task A_malformed_path_is_refused_in_the_format_of_its_API()
    {
        var client = await shared.Service.ReadyAsync();
        foreach (var route in (await DocumentAsync()).Operations.Keys.Where(route => route.Contains('{', StringComparison.Ordinal)))
        {
            var (method, path) = Split(route);
            foreach (var odd in OddSegments)
            {
                var sent = Filled(path, odd);
                if (new Uri(client.BaseAddress!, sent).Segments.Length != path.Count(letter => letter == '/') + 1)
                {
                    continue; // the client resolves %2e%2e and requests another route
                }

                using var response = await client.SendAsync(method, sent, method == HttpMethod.Get || method == HttpMethod.Delete ? null : "{}");

                await CheckRefusedAsync(response, $"{route} with {odd}");
            }
        }
    }

    [Fact]
    public async Task A_malformed_body_is_refused_in_the_format_of_its_API()
    {
        var client = await shared.Service.ReadyAsync();
        foreach (var (route, operation) in (await DocumentAsync()).Operations.Where(pair => pair.Value["requestBody"] is not null))
        {
            var (method, path) = Split(route);
            foreach (var (body, type) in OddBodies.SelectMany(body => new[] { (body, "application/json"), (body, "multipart/form-data; boundary=x"),
                (body, "text/plain") }))
            {
                using var request = new HttpRequestMessage(method, Filled(path, "x")) { Content = new StringContent(body) };
                request.Content.Headers.ContentType = MediaTypeHeaderValue.Parse(type);
                using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

                await CheckAsync(response, $"{route} with {body[..Math.Min(body.Length, 60)]} as {type}");
            }
        }
    }

    [Fact]
    public async Task A_malformed_query_never_causes_a_500()
    {
        var client = await shared.Service.ReadyAsync();
        foreach (var route in (await DocumentAsync()).Operations.Keys.Where(route => route.StartsWith("GET ", StringComparison.Ordinal)))
        {
            foreach (var odd in OddQueries)
            {
                using var response = await client.FetchAsync($"{Filled(Split(route).Path, "x")}?{odd}");

                await CheckAsync(response, $"{route}?{odd}");
            }
        }
    }

    [Theory]
    [InlineData("/v1")]
    [InlineData("/v1/")]
    [InlineData("/v1//predictions")]
    [InlineData("/v1/nothing")]
    [InlineData("/v2/predictions")]
    [InlineData("/predictions/x")]
    [InlineData("/predictions/x/y")]
    [InlineData("/trainings")]
    [InlineData("/results/..%2f..%2f/adapter.zip")]
    public async Task An_unknown_path_is_404_or_405(string path)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.FetchAsync(path);

        Assert.Contains(response.StatusCode, (HttpStatusCode[])[HttpStatusCode.NotFound, HttpStatusCode.MethodNotAllowed]);
        await CheckAsync(response, path);
    }

    static async Task CheckRefusedAsync(HttpResponseMessage response, string what)
    {
        Assert.True((int)response.StatusCode is >= 400 and < 500, $"{what}: {response.StatusCode}");
        await CheckAsync(response, what);
    }

    static async Task CheckAsync(HttpResponseMessage response, string what)
    {
        var text = response.Content.Headers.ContentType?.MediaType == "text/event-stream" ? "" : await response.TextAsync();
        Assert.True((int)response.StatusCode < 500, $"{what}: {response.StatusCode} {text}");
        Assert.All((string[])[Secret, "   at ", "Exception", "/work/", "System."],
            word => Assert.False(text.Contains(word, StringComparison.Ordinal), $"{what}: {text}"));
        if (!response.IsSuccessStatusCode && response.RequestMessage!.RequestUri!.AbsolutePath.StartsWith("/v1/", StringComparison.Ordinal)
            && response.RequestMessage.Method != HttpMethod.Head)
        {
            Assert.Equal("application/problem+json", response.Content.Headers.ContentType?.MediaType);
            var problem = JsonNode.Parse(text)!;
            Assert.Equal((int)response.StatusCode, (int)problem["status"]!);
            Assert.False(string.IsNullOrEmpty(problem.Text("detail")), what);
        }
    }

    static (HttpMethod Method, string Path) Split(string route)
    {
        var parts = route.Split(' ', 2);
        return (new HttpMethod(parts[0]), parts[1]);
    }

    /// <summary>The path with the text as every parameter.</summary>
    static string Filled(string path, string text) => string.Join('/', path.Split('/').Select(segment => segment.StartsWith('{') ? text : segment));

    async Task<Document> DocumentAsync() => new(await (await shared.Service.ReadyAsync()).GetJsonAsync("/docs/service.json"));
}
