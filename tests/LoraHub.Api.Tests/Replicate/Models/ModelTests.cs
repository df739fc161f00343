using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Replicate.Models;

public sealed class ModelTests(SharedService shared) : IClassFixture<SharedService>
{
    static readonly HttpMethod Query = new("QUERY");

    [Fact]
    public async Task A_version_contains_openapi_json_byte_for_byte()
    {
        var client = await shared.Service.ReadyAsync();

        using var document = await client.FetchAsync("/openapi.json");
        using var versions = await client.FetchAsync("/v1/models/lorahub/lorahub/versions");

        Assert.Contains($"\"openapi_schema\":{await document.TextAsync()}", await versions.TextAsync());
    }

    [Fact]
    public async Task Predictions_are_of_the_version_that_the_model_shows_and_are_counted()
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();

        var prediction = await client.PostJsonAsync("/v1/predictions", """{"version": "lorahub/lorahub", "input": {}}""");
        var model = await client.GetJsonAsync("/v1/models/lorahub/lorahub");

        Assert.Equal(prediction.Text("version"), model["latest_version"]!.Text("id"));
        Assert.Equal(1, (int)model["run_count"]!);
        Assert.Equal("http://localhost/v1/models/lorahub/lorahub", model.Text("url"));
    }

    [Fact]
    public async Task Names_and_the_version_can_be_set()
    {
        var id = new string('a', 64);
        await using var service = new Service(("Api:Model", "acme/adapter"), ("Api:Version", id), ("Api:Deployment", "acme/production"));
        var client = await service.ReadyAsync();

        Assert.Equal(id, (await client.GetJsonAsync("/v1/models/acme/adapter"))["latest_version"]!.Text("id"));
        Assert.Equal("acme", (await client.GetJsonAsync("/v1/account")).Text("username"));
        Assert.Equal("acme/adapter", (await client.GetJsonAsync("/v1/deployments/acme/production"))["current_release"]!.Text("model"));
        using var byVersion = await client.PostAsync("/v1/predictions", $$"""{"version": "acme/adapter:{{id}}", "input": {} }""");
        Assert.Equal(HttpStatusCode.Created, byVersion.StatusCode);
        var deployed = await client.PostJsonAsync("/v1/deployments/acme/production/predictions", """{"input": {}}""", ("Prefer", "wait"));
        Assert.Equal("acme/production", deployed.Text("deployment"));
        Assert.Equal("succeeded", deployed.Text("status"));
        using var other = await client.FetchAsync("/v1/models/lorahub/lorahub");
        Assert.Equal(HttpStatusCode.NotFound, other.StatusCode);
    }

    [Theory]
    [InlineData("unseen task", 1)]
    [InlineData("\"unseen task\"", 1)]
    [InlineData("COMPOSING modules", 1)]
    [InlineData("", 2)]
    [InlineData("\"", 2)] // no words
    [InlineData("\"broken\\\"", 0)]
    [InlineData("stable diffusion", 0)]
    public async Task A_search_accepts_words_with_and_without_quotes(string query, int found)
    {
        var client = await shared.Service.ReadyAsync();
        using var request = new HttpRequestMessage(Query, "/v1/models") { Content = new StringContent(query) };

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal(found, (await response.JsonAsync())["results"]!.AsArray().Count);
    }

    [Fact]
    public async Task A_search_for_too_much_is_refused()
    {
        var client = await shared.Service.ReadyAsync();
        using var request = new HttpRequestMessage(Query, "/v1/models") { Content = new StringContent(new string('x', 1001)) };

        using var response = await client.SendAsync(request, TestContext.Current.CancellationToken);

        Assert.Equal(HttpStatusCode.RequestEntityTooLarge, response.StatusCode);
    }

    [Theory]
    [InlineData("query=unseen&limit=50", 1)]
    [InlineData("query=nothing%20such", 0)]
    public async Task A_search_returns_its_matches(string query, int found)
    {
        var client = await shared.Service.ReadyAsync();

        var answer = await client.GetJsonAsync($"/v1/search?{query}");

        Assert.Equal(found, answer["models"]!.AsArray().Count);
        Assert.All(answer["models"]!.AsArray(), model => Assert.Equal("lorahub", model!["model"]!.Text("name")));
    }

    [Theory]
    [InlineData("query=lora&limit=0")]
    [InlineData("query=lora&limit=51")]
    [InlineData("query=lora&limit=many")]
    [InlineData("query=%20")]
    public async Task A_search_without_words_or_with_a_wrong_limit_is_a_400(string query)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.FetchAsync($"/v1/search?{query}");

        Assert.Equal(HttpStatusCode.BadRequest, response.StatusCode);
        Assert.StartsWith("Query parameter", (await response.JsonAsync()).Text("detail"));
    }

    [Fact]
    public async Task The_readme_names_every_input()
    {
        var client = await shared.Service.ReadyAsync();
        var document = await client.GetJsonAsync("/openapi.json");

        using var readme = await client.FetchAsync("/v1/models/lorahub/lorahub/readme");

        var text = await readme.TextAsync();
        Assert.Equal("text/plain", readme.Content.Headers.ContentType!.MediaType);
        Assert.All(document["components"]!["schemas"]!["Input"]!["properties"]!.AsObject(), input => Assert.Contains($"`{input.Key}`", text));
    }

    [Theory]
    [InlineData("/v1/v1/predictions")]
    [InlineData("/v1/http://localhost/v1/predictions?limit=1")]
    [InlineData("/v1/http:/localhost:5000/v1/predictions")]
    [InlineData("/v1/https://api.example.com/v1/predictions")]
    public async Task A_client_with_a_different_base_URL_still_gets_the_list(string path)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.FetchAsync(path);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.IsType<JsonArray>((await response.JsonAsync())["results"]);
    }
}
