using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Replicate.Predictions;

public sealed class ReplicateBadInputTests(SharedService shared) : IClassFixture<SharedService>
{
    public static TheoryData<string, string, string> BadInput => BadInputs.Cases;

    public static TheoryData<string> NotJson => BadInputs.NotJson;

    [Theory]
    [MemberData(nameof(BadInput))]
    public async Task A_bad_input_is_a_problem_that_names_the_field(string input, string field, string message)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostAsync("/v1/predictions", $$"""{"version": "lorahub/lorahub", "input": {{input}}}""");

        var problem = await AssertProblemAsync(response, HttpStatusCode.UnprocessableEntity);
        Assert.Equal("Input validation failed", problem.Text("title"));
        Assert.StartsWith($"- input.{field}: ", problem.Text("detail"));
        var invalid = Assert.Single(problem["invalid_fields"]!.AsArray())!;
        Assert.Equal($"input.{field}", invalid.Text("field"));
        Assert.Contains(message, invalid.Text("description"));
        Assert.Contains(invalid.Text("type"), new[] { "required", "invalid_type", "number_gte", "number_lte", "enum", "invalid_value" });
    }

    [Theory]
    [MemberData(nameof(NotJson))]
    public async Task A_body_that_is_not_JSON_is_a_problem(string body)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostAsync("/v1/predictions", body);

        await AssertProblemAsync(response, HttpStatusCode.BadRequest);
    }

    [Theory]
    [InlineData("{}", "- version is required\n- input: input is required\n", "", "input")]
    [InlineData(null, "- version is required\n- input: input is required\n", "", "input")]
    [InlineData("""{"version": "lorahub/lorahub"}""", "- input: input is required\n", "input")]
    [InlineData("""{"version": null, "input": {}}""", "- version is required\n", "")]
    [InlineData("""{"version": 5, "input": []}""", "- version: version must be a string\n- input: input must be an object\n", "version", "input")]
    [InlineData("[]", "- The body must be a JSON object\n", "")]
    public async Task A_missing_field_is_named(string? body, string detail, params string[] fields)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostAsync("/v1/predictions", body);

        var problem = await AssertProblemAsync(response, HttpStatusCode.UnprocessableEntity);
        Assert.Equal(detail, problem.Text("detail"));
        Assert.Equal(fields, problem["invalid_fields"]!.AsArray().Select(invalid => invalid!.Text("field")));
    }

    [Theory]
    [InlineData("other/model")]
    [InlineData("lorahub/lorahub:0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("0000000000000000000000000000000000000000000000000000000000000000")]
    [InlineData("")]
    public async Task An_unknown_version_is_a_422(string version)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.PostAsync("/v1/predictions", $$"""{"version": "{{version}}", "input": {} }""");

        var problem = await AssertProblemAsync(response, HttpStatusCode.UnprocessableEntity);
        Assert.Equal("Invalid version or not permitted", problem.Text("title"));
    }

    [Fact]
    public async Task Another_content_type_is_a_415()
    {
        var client = await shared.Service.ReadyAsync();
        using var content = new StringContent("version=1", Encoding.UTF8, "application/x-www-form-urlencoded");

        using var response = await client.PostAsync(new Uri("/v1/predictions", UriKind.Relative), content, TestContext.Current.CancellationToken);

        var problem = await AssertProblemAsync(response, HttpStatusCode.UnsupportedMediaType);
        Assert.Contains("application/json", problem.Text("detail"));
    }

    [Theory]
    [InlineData("GET", "/v1/predictions/unknown", HttpStatusCode.NotFound)]
    [InlineData("POST", "/v1/predictions/unknown/cancel", HttpStatusCode.NotFound)]
    [InlineData("GET", "/v1/streams/unknown", HttpStatusCode.NotFound)]
    [InlineData("GET", "/v1/streams/unknown.0000", HttpStatusCode.NotFound)]
    [InlineData("POST", "/v1/models/other/model/predictions", HttpStatusCode.NotFound)]
    [InlineData("GET", "/v1/nowhere", HttpStatusCode.NotFound)]
    [InlineData("DELETE", "/v1/predictions", HttpStatusCode.MethodNotAllowed)]
    [InlineData("GET", "/v1/predictions?cursor=wrong", HttpStatusCode.UnprocessableEntity)]
    [InlineData("GET", "/v1/predictions?cursor=%20%2F", HttpStatusCode.UnprocessableEntity)]
    [InlineData("GET", "/v1/predictions?created_after=yesterday", HttpStatusCode.UnprocessableEntity)]
    [InlineData("GET", "/v1/predictions?created_before=2026-13-01", HttpStatusCode.UnprocessableEntity)]
    public async Task An_unknown_path_or_method_is_a_problem(string method, string url, HttpStatusCode statusCode)
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.SendAsync(HttpMethod.Parse(method), url, method == "POST" ? """{"input": {}}""" : null);

        await AssertProblemAsync(response, statusCode);
    }

    static async Task<JsonObject> AssertProblemAsync(HttpResponseMessage response, HttpStatusCode statusCode)
    {
        Assert.Equal(statusCode, response.StatusCode);
        Assert.Equal("application/problem+json", response.Content.Headers.ContentType!.MediaType);
        var problem = await response.JsonAsync();
        Assert.Equal((int)statusCode, (int)problem["status"]!);
        Assert.NotEmpty(problem.Text("detail")!);
        return problem;
    }
}
