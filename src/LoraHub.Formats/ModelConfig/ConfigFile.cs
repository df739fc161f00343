using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraHub.Formats.ModelConfig;

/// <summary>Reads the JSON files of a model folder as Python reads them: null is a missing value, and the last of equal names wins.</summary>
static class ConfigFile
{
    const long MostBytes = 16 << 20;

    // For messages, not for web pages.
    static readonly JsonSerializerOptions Readable = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    /// <returns>The file's values without nulls.</returns>
    /// <exception cref="ModelException">The file is missing or is not a JSON object.</exception>
    public static JsonObject Read(string folder, string name)
    {
        try
        {
            var path = Path.Combine(folder, name);
            if (new FileInfo(path).Length > MostBytes)
            {
                throw new ModelException($"{name} is larger than {MostBytes} bytes.");
            }

            using var document = JsonDocument.Parse(File.ReadAllBytes(path));
            var values = new JsonObject();
            foreach (var property in document.RootElement.EnumerateObject().Where(property => property.Value.ValueKind != JsonValueKind.Null))
            {
                values[property.Name] = JsonNode.Parse(property.Value.GetRawText());
            }

            return values;
        }
        catch (InvalidOperationException exception)
        {
            throw new ModelException($"{name} is not a JSON object.", exception);
        }
        catch (JsonException exception)
        {
            throw new ModelException($"{name} is not valid JSON: {exception.Message}", exception);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new ModelException($"{name} is missing or cannot be read.", exception);
        }
    }

    /// <summary>A value as messages quote it.</summary>
    public static string Text(JsonNode? value)
    {
        const int Longest = 40;
        var text = value?.ToJsonString(Readable) ?? "null";
        return text.Length <= Longest ? text : string.Concat(text.AsSpan(0, Longest), "…");
    }

    /// <exception cref="ModelException">A value has the wrong kind; the message names it.</exception>
    public static T Deserialize<T>(JsonObject values, string file)
    {
        try
        {
            return values.Deserialize<T>()!;
        }
        catch (JsonException exception)
        {
            var name = exception.Path?.TrimStart('$', '.') ?? "";
            throw new ModelException($"{file} has {name} {Text(values[name])}, which is not a value of that setting.", exception);
        }
    }
}
