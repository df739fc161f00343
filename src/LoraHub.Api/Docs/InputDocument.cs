using System.Text.Json.Nodes;
using LoraHub.Core.Predictions.Inputs;
using Microsoft.OpenApi;

namespace LoraHub.Api.Docs;

/// <summary>The inputs as the documents show them, from the one schema that also checks them.</summary>
static class InputDocument
{
    public static OpenApiSchema Schema() => new()
    {
        Type = JsonSchemaType.Object,
        Properties = InputSchema.Fields.ToDictionary(field => field.Name, IOpenApiSchema (field) => Schema(field)),
    };

    /// <summary>An input that works as it stands.</summary>
    public static JsonObject Example()
    {
        var example = new JsonObject();
        foreach (var field in InputSchema.Fields.Where(field => field.Default is not null))
        {
            example[field.Name] = field.Default!.DeepClone();
        }

        example[InputSchema.Seed] = 42;
        return example;
    }

    static OpenApiSchema Schema(InputField field) => new()
    {
        Type = (field.Type == InputType.Integer ? JsonSchemaType.Integer : JsonSchemaType.String) | JsonSchemaType.Null,
        Description = field.Description,
        Default = field.Default?.DeepClone(),
        Minimum = field.Minimum?.ToString(),
        Maximum = field.Maximum?.ToString(),
        Enum = field.Choices?.Select(choice => (JsonNode)choice).ToList(),
    };
}
