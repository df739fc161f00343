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

    /// <summary>An input that works as it stands; what a method sets is left out, so that whoever changes the method there gets it.</summary>
    public static JsonObject Example()
    {
        var example = new JsonObject();
        foreach (var field in InputSchema.Fields.Where(field => field.Default is not null && !Methods.Sets(field.Name)))
        {
            example[field.Name] = field.Default!.DeepClone();
        }

        example[InputSchema.Seed] = 42;
        return example;
    }

    static JsonSchemaType TypeOf(InputField field) => field.Type switch
    {
        InputType.Integer => JsonSchemaType.Integer,
        InputType.Boolean => JsonSchemaType.Boolean,
        _ => JsonSchemaType.String,
    };

    static OpenApiSchema Schema(InputField field) => new()
    {
        Type = TypeOf(field) | JsonSchemaType.Null,
        Description = field.Description,
        Default = field.Default?.DeepClone(),
        Minimum = field.Minimum?.ToString(),
        Maximum = field.Maximum?.ToString(),
        Enum = field.Choices?.Select(choice => (JsonNode)choice).ToList(),
    };
}
