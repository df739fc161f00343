using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Api.Commands;

/// <summary>Parses the inputs of a command line.</summary>
static class GivenInputs
{
    /// <param name="inputs">Each <c>name=value</c> or <c>name=@file</c>.</param>
    /// <returns>A request's inputs; the intake checks their values.</returns>
    /// <exception cref="UsageException">The format or a name is invalid, or a file is missing.</exception>
    public static JsonObject Read(IEnumerable<string> inputs)
    {
        var given = new JsonObject();
        foreach (var input in inputs)
        {
            var (name, value) = input.Split('=', 2) is [var before, var after] ? (before.Trim(), after) : (input, null);
            if (value is null)
            {
                throw new UsageException($"`{input}` is not name=value.");
            }

            if (InputSchema.Fields.FirstOrDefault(field => field.Name == name) is not { } field)
            {
                var names = string.Join(", ", InputSchema.Fields.Select(known => known.Name));
                throw new UsageException($"`{name}` is not an input. The inputs are: {names}.");
            }

            if (value is ['@', .. var file])
            {
                if (!File.Exists(file))
                {
                    throw new UsageException($"{name}: there is no file `{file}`.");
                }

                value = File.ReadAllText(file);
            }

            given[name] = field.Type is InputType.Integer or InputType.Boolean ? Plain(value) : value;
        }

        return given;
    }

    /// <summary>Parses a number or a boolean. Other text stays as it is, so that the validation error quotes it.</summary>
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
