using System.Globalization;
using System.Text.Json.Nodes;
using LoraHub.Core.Predictions.Inputs;
using Microsoft.OpenApi;

namespace LoraHub.Api.Docs;

/// <summary>The inputs in the OpenAPI document, generated from the schema that also validates them.</summary>
static class InputDocument
{
    /// <param name="fields">The inputs, in order.</param>
    public static OpenApiSchema Schema(IReadOnlyList<InputField> fields) => new()
    {
        Type = JsonSchemaType.Object,
        Properties = fields.ToDictionary(field => field.Name, IOpenApiSchema (field) => Schema(field)),
    };

    /// <summary>The README's example: French words, which the shipped model learns from five.</summary>
    static readonly (string Name, string Lines)[] French =
    [
        (InputSchema.ExampleInputs, "mimsy ; fork ;\nmimsy ; mother ;\nmimsy ; milk ;\nmimsy ; heart ;\nmimsy ; pig ;"),
        (InputSchema.ExampleOutputs, "fourchette\nmère\nlait\ncoeur\ncochon"),
        (InputSchema.TestInputs, "mimsy ; sea ;\nmimsy ; bed ;\nmimsy ; spoon ;\nmimsy ; one ;\nmimsy ; king ;\nmimsy ; apple ;"),
        (InputSchema.TestOutputs, "mer\nlit\ncuillère\nun\nroi\npomme"),
    ];

    /// <summary>A valid input. Omits the fields that a method sets, so that changing <c>method</c> in the example takes effect.</summary>
    public static JsonObject Example()
    {
        var example = new JsonObject();
        foreach (var (name, lines) in French)
        {
            example[name] = lines;
        }

        var others = InputSchema.Fields.Where(field => field.Default is not null && !example.ContainsKey(field.Name) && !Methods.Sets(field.Name));
        foreach (var field in others.ToArray())
        {
            example[field.Name] = field.Default!.DeepClone();
        }

        example[InputSchema.Seed] = 1;
        return example;
    }

    static JsonSchemaType TypeOf(InputField field) => field.Type switch
    {
        InputType.Integer => JsonSchemaType.Integer,
        InputType.Number => JsonSchemaType.Number,
        InputType.Boolean => JsonSchemaType.Boolean,
        _ => JsonSchemaType.String,
    };

    static OpenApiSchema Schema(InputField field) => new()
    {
        Type = TypeOf(field) | JsonSchemaType.Null,
        Description = field.Description,
        Default = field.Default?.DeepClone(),
        Minimum = field.Minimum?.ToString(CultureInfo.InvariantCulture),
        Maximum = field.Maximum?.ToString(CultureInfo.InvariantCulture),
        Enum = field.Choices?.Select(choice => (JsonNode)choice).ToList(),
    };
}
