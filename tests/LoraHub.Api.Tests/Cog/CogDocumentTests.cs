using LoraHub.Api.Cog.Document;
using LoraHub.Api.Tests.Support;
using Microsoft.OpenApi;

namespace LoraHub.Api.Tests.Cog;

/// <summary>Cog's document, as its tools read it.</summary>
public sealed class CogDocumentTests(SharedService shared) : IClassFixture<SharedService>
{
    [Fact]
    public Task The_document_is_the_approved_one() => Approval.VerifyAsync("Cog/openapi.json", CogDocument.Json);

    [Fact]
    public async Task The_document_is_valid_OpenAPI_3_0()
    {
        var client = await shared.Service.ReadyAsync();

        using var response = await client.FetchAsync("/openapi.json");
        var read = OpenApiDocument.Parse(await response.TextAsync(), "json");

        Assert.Equal("application/json", response.Content.Headers.ContentType!.ToString());
        Assert.Equal(OpenApiSpecVersion.OpenApi3_0, read.Diagnostic!.SpecificationVersion);
        Assert.Empty(read.Diagnostic.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
    }

    /// <summary>What the playground and <c>cog predict</c> look for, and what misleads them.</summary>
    [Fact]
    public async Task The_playground_finds_a_streaming_model_with_forms_that_are_valid_as_they_stand()
    {
        var client = await shared.Service.ReadyAsync();

        var document = await client.GetJsonAsync("/openapi.json");

        var paths = document["paths"]!.AsObject();
        Assert.True((bool)paths["/predictions"]!["post"]!["x-cog-streaming"]!);
        Assert.Equal(["/", "/health-check", "/predictions", "/predictions/{prediction_id}/cancel"], paths.Select(path => path.Key));
        var inputs = document["components"]!["schemas"]!["Input"]!["properties"]!.AsObject();
        Assert.Equal(Enumerable.Range(0, inputs.Count), inputs.Select(input => (int)input.Value!["x-order"]!));
        Assert.All(inputs, input =>
        {
            Assert.NotEmpty(input.Value!.Text("description")!); // cog-safe-push requires one
            // otherwise the form sends "" for a number
            Assert.True(input.Value!["default"] is not null || (bool?)input.Value["nullable"] == true, input.Key);
            Assert.Null(input.Value["type"] is null ? input.Value["title"] : null); // nothing beside a reference
        });
        Assert.Equal(["factors", "delta"], document["components"]!["schemas"]!["composition"]!["enum"]!.AsArray().Select(word => (string?)word));
    }
}
