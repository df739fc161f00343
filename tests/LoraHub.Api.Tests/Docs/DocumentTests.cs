using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using Microsoft.OpenApi;

namespace LoraHub.Api.Tests.Docs;

/// <summary>Checks the OpenAPI documents.</summary>
public sealed class DocumentTests(SharedService shared) : IClassFixture<SharedService>
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
    public async Task The_document_is_the_approved_one() => await Approval.VerifyAsync("Docs/service.json", (await DocumentAsync()).Json);

    [Fact]
    public async Task The_document_is_valid()
    {
        var read = OpenApiDocument.Parse((await DocumentAsync()).Json.ToJsonString(), "json");

        Assert.NotNull(read.Diagnostic);
        Assert.Empty(read.Diagnostic.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
    }

    [Fact]
    public async Task Every_operation_has_a_summary_and_every_answer_in_JSON_an_example_that_fits_its_schema()
    {
        var document = await DocumentAsync();

        foreach (var (route, operation) in document.Operations)
        {
            Assert.False(string.IsNullOrEmpty(operation.Text("summary")), route);
            Assert.False(string.IsNullOrEmpty(operation.Text("operationId")), route);
            foreach (var (status, answer) in operation["responses"]!.AsObject())
            {
                foreach (var (type, content) in answer!["content"]?.AsObject() ?? [])
                {
                    if (type.EndsWith("json", StringComparison.Ordinal))
                    {
                        Assert.True(content!["example"] is not null, $"{route} {status} has no example");
                        Assert.Empty(await document.FaultsAsync(content["schema"]!, content["example"]!.ToJsonString()));
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData("POST /predictions", HttpStatusCode.OK)]
    [InlineData("POST /v1/predictions", HttpStatusCode.Created)]
    [InlineData("POST /v1/models/{owner}/{name}/predictions", HttpStatusCode.Created)]
    public async Task The_example_body_of_every_operation_works_unedited(string route, HttpStatusCode statusCode)
    {
        var client = await shared.Service.ReadyAsync();
        var operation = (await DocumentAsync()).Operations[route];
        var body = operation["requestBody"]!["content"]!["application/json"]!["example"]!;
        using var response = await client.PostAsync(PathOf(route, operation), body.ToJsonString(), ("Prefer", "wait"));

        Assert.Equal(statusCode, response.StatusCode);
        Assert.Equal("succeeded", (await response.JsonAsync()).Text("status"));
        Assert.NotEmpty(body["input"]!.Text("test_inputs")!); // the first try shows answers
    }

    [Theory]
    [InlineData("/v1/models")]
    [InlineData("/v1/deployments")]
    public async Task The_examples_of_a_creation_an_update_and_a_deletion_work_unedited_one_after_the_other(string path)
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();
        var document = await DocumentAsync();
        foreach (var (route, statusCode) in new[]
        {
            ($"POST {path}", HttpStatusCode.Created),
            ($"PATCH {path}/{{owner}}/{{name}}", HttpStatusCode.OK),
            ($"DELETE {path}/{{owner}}/{{name}}", HttpStatusCode.NoContent),
        })
        {
            var operation = document.Operations[route];
            var body = operation["requestBody"]?["content"]!["application/json"]!["example"]!.ToJsonString();
            using var response = await client.SendAsync(new HttpMethod(route.Split(' ')[0]), PathOf(route, operation), body);
            Assert.True(statusCode == response.StatusCode, $"{route}: {response.StatusCode} {await response.TextAsync()}");
        }
    }

    [Theory]
    [InlineData("/v1/modules", "results")]
    [InlineData("/v1/search", "models")]
    public async Task The_initial_values_of_a_Swagger_UI_form_return_results(string route, string found)
    {
        var client = await shared.Service.ReadyAsync();
        await client.PublishedAsync($"form/{found}", [1]);
        var query = (await DocumentAsync()).Operations[$"GET {route}"]["parameters"]!.AsArray()
            .Select(parameter => (Name: parameter!.Text("name"), Value: parameter!["examples"]!["example"]!["value"]!.ToString()))
            .Where(parameter => parameter.Value.Length > 0); // the page omits empty values

        var answer = await client.GetJsonAsync(
            $"{route}?{string.Join('&', query.Select(parameter => $"{parameter.Name}={Uri.EscapeDataString(parameter.Value)}"))}");

        Assert.NotEmpty(answer[found]!.AsArray());
    }

    [Fact]
    public async Task Every_input_is_documented_with_its_default_and_bounds()
    {
        var schemas = (await DocumentAsync()).Json["components"]!["schemas"]!;

        var inputs = schemas["CogPredictionRequest"]!["properties"]!["input"]!["properties"]!.AsObject();

        Assert.Equal(19, inputs.Count);
        Assert.Equal(40, (int)inputs["max_inference_step"]!["default"]!);
        Assert.Equal(10, (int)inputs["max_inference_step"]!["minimum"]!);
        Assert.Equal(100, (int)inputs["max_inference_step"]!["maximum"]!);
        Assert.Equal(["factors", "delta"], inputs["composition"]!["enum"]!.AsArray().Select(choice => (string?)choice));
    }

    /// <summary>The path of an operation with the examples of its parameters.</summary>
    static string PathOf(string route, JsonNode operation) =>
        (operation["parameters"]?.AsArray() ?? []).Where(parameter => parameter!.Text("in") == "path").Aggregate(
            route.Split(' ')[1],
            (path, parameter) => path.Replace($"{{{parameter!.Text("name")}}}", parameter!.Text("example"), StringComparison.Ordinal));

    async Task<Document> DocumentAsync() => new(await (await shared.Service.ReadyAsync()).GetJsonAsync("/docs/service.json"));
}
