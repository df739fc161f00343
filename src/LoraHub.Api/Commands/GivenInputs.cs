using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Modules.Ranking;

namespace LoraHub.Api.Commands;

/// <summary>Parses the inputs of a command line.</summary>
static class GivenInputs
{
    /// <param name="inputs">Each <c>name=value</c> or <c>name=@file</c>.</param>
    /// <param name="fields">The inputs of the model.</param>
    /// <param name="most">The maximum number of bytes of a file.</param>
    /// <returns>A request's inputs; the intake checks their values.</returns>
    /// <exception cref="UsageException">The format or a name is invalid, or a file is missing or not UTF-8 text.</exception>
    public static JsonObject Read(IEnumerable<string> inputs, IReadOnlyList<InputField> fields, long most)
    {
        var given = new JsonObject();
        foreach (var input in inputs)
        {
            var (name, value) = input.Split('=', 2) is [var before, var after] ? (before.Trim(), after) : (input, null);
            if (value is null)
            {
                throw new UsageException($"`{input}` is not name=value.");
            }

            if (fields.FirstOrDefault(field => field.Name == name) is not { } field)
            {
                var names = fields.Select(known => known.Name).ToArray();
                var hint = Spelling.Closest(name, names) is [var closest, ..] ? $" Did you mean `{closest}`?" : "";
                throw new UsageException($"`{name}` is not an input. The inputs are: {string.Join(", ", names)}.{hint}");
            }

            if (value is ['@', .. var file])
            {
                value = TextFile.Read(name, file, most);
            }
            else if (value.Contains('\uFFFD', StringComparison.Ordinal)) // .NET decodes arguments and replaces invalid bytes
            {
                throw new UsageException($"{name}: the value is not UTF-8 text.");
            }

            given[name] = field.Type is InputType.Integer or InputType.Number or InputType.Boolean ? Plain(value) : value;
        }

        return given;
    }

    /// <summary>Describes an input in one line, for the help.</summary>
    public static string Describe(InputField field)
    {
        const int LongestDefault = 20;
        var values = field.Choices is { Count: > 0 } choices ? $" ({string.Join(", ", choices)})"
            : field.Maximum is { } maximum ? $" ({field.Minimum} to {maximum})"
            : "";
        var preset = field.Default?.ToString() is { Length: > 0 and <= LongestDefault } text && !text.Contains('\n', StringComparison.Ordinal)
            ? $" Default: {text}."
            : "";
        return $"{field.Name}{values}: {field.Description}{preset}";
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
