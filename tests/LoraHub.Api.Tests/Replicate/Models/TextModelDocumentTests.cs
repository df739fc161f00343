using System.Text.Json.Nodes;
using LoraHub.Api.Replicate.Models;
using LoraHub.Api.Tests.Support;
using Microsoft.OpenApi;

namespace LoraHub.Api.Tests.Replicate.Models;

/// <summary>The schema of models that answer prompts, as Replicate's clients and pages read it.</summary>
public sealed class TextModelDocumentTests
{
    [Fact]
    public Task The_document_is_the_approved_one() => Approval.VerifyAsync("Replicate/Models/text-model.json", TextModelDocument.Json);

    [Fact]
    public void The_document_is_valid_OpenAPI_3_0()
    {
        var read = OpenApiDocument.Parse(TextModelDocument.Json.GetRawText(), "json");

        Assert.Equal(OpenApiSpecVersion.OpenApi3_0, read.Diagnostic!.SpecificationVersion);
        Assert.Empty(read.Diagnostic.Errors);
        Assert.Empty(read.Diagnostic.Warnings);
    }

    [Fact]
    public void The_output_is_a_list_that_is_shown_as_one_text_and_a_form_is_valid_once_it_has_a_prompt()
    {
        var schemas = JsonNode.Parse(TextModelDocument.Json.GetRawText())!["components"]!["schemas"]!;

        var output = schemas["Output"]!;
        Assert.Equal(("array", "iterator", "concatenate"), (output.Text("type"), output.Text("x-cog-array-type"), output.Text("x-cog-array-display")));
        Assert.Equal("string", output["items"]!.Text("type"));
        Assert.Equal("""["prompt"]""", schemas["Input"]!["required"]!.ToJsonString());
        var inputs = schemas["Input"]!["properties"]!.AsObject();
        Assert.Equal(
            ["prompt", "max_new_tokens", "temperature", "top_p", "top_k", "num_beams", "seed", "stop"], inputs.Select(input => input.Key));
        Assert.Equal(Enumerable.Range(0, inputs.Count), inputs.Select(input => (int)input.Value!["x-order"]!));
        Assert.All(inputs.Skip(1), input => Assert.True(input.Value!["default"] is not null || (bool?)input.Value["nullable"] == true, input.Key));
        Assert.False(inputs["prompt"]!.AsObject().ContainsKey("default"));
        Assert.Equal("number", inputs["temperature"]!.Text("type"));
    }
}
