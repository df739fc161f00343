using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests;

public sealed class DocsTests(SharedService shared) : IClassFixture<SharedService>
{
    [Fact]
    public async Task The_page_renders()
    {
        var client = await shared.Service.ReadyAsync();

        using var page = await client.FetchAsync("/docs");
        using var script = await client.FetchAsync("/docs/swagger-ui-bundle.js");

        Assert.Equal(HttpStatusCode.OK, page.StatusCode);
        Assert.Contains("swagger-ui", await page.TextAsync());
        Assert.Equal(HttpStatusCode.OK, script.StatusCode);
    }

    [Fact]
    public async Task The_document_lists_every_route_with_a_summary_and_its_answers()
    {
        var document = await DocumentAsync();

        var operations = document["paths"]!.AsObject()
            .SelectMany(path => path.Value!.AsObject().Select(operation => (Route: $"{operation.Key.ToUpperInvariant()} {path.Key}", Operation: operation.Value!)))
            .ToDictionary(pair => pair.Route, pair => pair.Operation);
        Assert.Equal(
            [
                "GET /", "GET /health-check", "GET /results/{digest}/{name}", "GET /v1/predictions", "GET /v1/predictions/{id}", "GET /v1/streams/{address}",
                "POST /predictions", "POST /predictions/{id}/cancel", "POST /v1/models/{owner}/{name}/predictions", "POST /v1/predictions",
                "POST /v1/predictions/{id}/cancel", "PUT /predictions/{id}",
            ],
            operations.Keys.Order(StringComparer.Ordinal));
        Assert.All(operations.Values, operation => Assert.NotNull(operation.Text("summary")));
        Assert.NotNull(operations["POST /predictions"]["responses"]!["422"]);
        Assert.NotNull(operations["POST /v1/predictions"]["responses"]!["422"]!["content"]!["application/problem+json"]);
    }

    [Theory]
    [InlineData("/predictions", HttpStatusCode.OK)]
    [InlineData("/v1/predictions", HttpStatusCode.Created)]
    [InlineData("/v1/models/{owner}/{name}/predictions", HttpStatusCode.Created)]
    public async Task The_example_of_a_body_works_unedited(string path, HttpStatusCode statusCode)
    {
        var client = await shared.Service.ReadyAsync();
        var example = (await DocumentAsync())["paths"]![path]!["post"]!["requestBody"]!["content"]!["application/json"]!["example"]!;

        using var response = await client.PostAsync(path.Replace("{owner}/{name}", "lorahub/lorahub"), example.ToJsonString(), ("Prefer", "wait"));

        Assert.Equal(statusCode, response.StatusCode);
        Assert.Equal("succeeded", (await response.JsonAsync()).Text("status"));
    }

    [Fact]
    public async Task Every_input_stands_in_the_document_with_its_default_and_bounds()
    {
        var schemas = (await DocumentAsync())["components"]!["schemas"]!;

        var inputs = schemas["CogPredictionRequest"]!["properties"]!["input"]!["properties"]!.AsObject();

        Assert.Equal(14, inputs.Count);
        Assert.Equal(40, (int)inputs["max_inference_step"]!["default"]!);
        Assert.Equal(10, (int)inputs["max_inference_step"]!["minimum"]!);
        Assert.Equal(100, (int)inputs["max_inference_step"]!["maximum"]!);
        Assert.Equal(["factors", "delta"], inputs["composition"]!["enum"]!.AsArray().Select(choice => (string?)choice));
    }

    [Fact]
    public async Task Answers_carry_headers_that_hold_a_browser_back()
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.FetchAsync("/health-check");

        Assert.Equal("nosniff", Assert.Single(response.Headers.GetValues("X-Content-Type-Options")));
        Assert.Equal("default-src 'none'; frame-ancestors 'none'", Assert.Single(response.Headers.GetValues("Content-Security-Policy")));
        Assert.False(response.Headers.Contains("Server"));
    }

    async Task<JsonObject> DocumentAsync() => await (await shared.Service.ReadyAsync()).GetJsonAsync("/docs/service.json");
}
