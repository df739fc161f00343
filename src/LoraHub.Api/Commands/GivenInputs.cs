using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Api.Commands;

/// <summary>Inputs as a command line gives them.</summary>
static class GivenInputs
{
    /// <param name="inputs">Each <c>name=value</c> or <c>name=@file</c>.</param>
    /// <returns>A request's inputs, or what is wrong with the command line; the values themselves are checked by the intake.</returns>
    public static (JsonObject? Inputs, string? Problem) Read(IEnumerable<string> inputs)
    {
        var given = new JsonObject();
        foreach (var input in inputs)
        {
            var (name, value) = input.Split('=', 2) is [var before, var after] ? (before.Trim(), after) : (input, null);
            if (value is null)
            {
                return (null, $"`{input}` is not name=value.");
            }

            if (InputSchema.Fields.FirstOrDefault(field => field.Name == name) is not { } field)
            {
                return (null, $"`{name}` is not an input. The inputs are: {string.Join(", ", InputSchema.Fields.Select(known => known.Name))}.");
            }

            if (value is ['@', .. var file])
            {
                if (!File.Exists(file))
                {
                    return (null, $"{name}: there is no file `{file}`.");
                }

                value = File.ReadAllText(file);
            }

            given[name] = field.Type is InputType.Integer or InputType.Boolean ? Plain(value) : value;
        }

        return (given, null);
    }

    /// <summary>The number or the boolean, or the text as it is, so that the check names it.</summary>
    static JsonNode Plain(string value)
    {
        try
        {
            return JsonNode.Parse(value) is JsonValue plain ? plain : value;
        }
        catch (JsonException)
        {
            return value;
        }
    }
}
