using System.Globalization;
using System.Text.Json.Nodes;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Api.Cog.Document;

/// <summary>The inputs in Cog's document, generated from the schema that also validates them.</summary>
static class CogInputSchema
{
    public static JsonObject Input(IReadOnlyList<InputField> fields)
    {
        var properties = new JsonObject();
        foreach (var (order, field) in fields.Index())
        {
            properties[field.Name] = Property(field, order);
        }

        var input = new JsonObject { ["title"] = "Input", ["type"] = "object", ["properties"] = properties };
        var required = fields.Where(field => field.IsRequired).Select(field => (JsonNode)field.Name).ToArray();
        Set(input, "required", required.Length == 0 ? null : new JsonArray(required));
        return input;
    }

    /// <summary>The enumeration of each input with fixed choices, under the input's name as in Cog.</summary>
    public static IEnumerable<(string Name, JsonObject Schema)> Choices(IReadOnlyList<InputField> fields) => fields
        .Where(field => field.Choices is not null)
        .Select(field => (field.Name, CogSchemas.Enumeration(field.Name, "An enumeration.", field.Choices!)));

    /// <remarks>
    /// Clients generate forms from this, so it omits arrays and objects, which a request may also hold. In the playground, an optional number
    /// without <c>default</c> would get the text <c>""</c>, which is not a number.
    /// </remarks>
    static JsonObject Property(InputField field, int order)
    {
        var property = new JsonObject { ["x-order"] = order, ["description"] = field.Description };
        if (field.Choices is not null)
        {
            property["allOf"] = new JsonArray(CogSchemas.Reference(field.Name));
        }
        else
        {
            property["title"] = CultureInfo.InvariantCulture.TextInfo.ToTitleCase(field.Name.Replace('_', ' '));
            property["type"] = field.Type switch
            {
                InputType.Integer => "integer",
                InputType.Number => "number",
                InputType.Boolean => "boolean",
                _ => "string",
            };
        }

        if (!field.IsRequired)
        {
            property["default"] = field.Default?.DeepClone();
            Set(property, "nullable", field.Default is null ? true : null);
        }

        Set(property, "minimum", field.Minimum);
        Set(property, "maximum", field.Maximum);
        return property;
    }

    static void Set(JsonObject property, string key, JsonNode? value)
    {
        if (value is not null)
        {
            property[key] = value;
        }
    }
}
