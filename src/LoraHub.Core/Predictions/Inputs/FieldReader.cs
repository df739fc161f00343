using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>Reads single fields of a request by <see cref="InputSchema"/>, fills in defaults and collects errors.</summary>
sealed class FieldReader(JsonObject given)
{
    // Messages quote the client's text unescaped; they are never rendered as HTML.
    static readonly JsonSerializerOptions Quoting = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    static readonly JsonDocumentOptions EachKeyOnce = new() { AllowDuplicateProperties = false };

    readonly List<InputError> _errors = [];

    IReadOnlyDictionary<string, string> _presets = new Dictionary<string, string>();

    public IReadOnlyList<InputError> Errors => _errors;

    /// <summary>Replaces the fields' defaults in later reads.</summary>
    public void Preset(IReadOnlyDictionary<string, string> presets) => _presets = presets;

    public bool IsGiven(string name) => given.TryGetPropertyValue(name, out var value) && value is not null;

    public bool Failed(params ReadOnlySpan<string> names)
    {
        foreach (var name in names)
        {
            if (_errors.Exists(error => error.Field == name))
            {
                return true;
            }
        }

        return false;
    }

    public void Fail(string name, string message, InputErrorKind kind = InputErrorKind.Invalid) => _errors.Add(new InputError(name, message, kind));

    public string? Text(string name)
    {
        var field = Field(name);
        if (Value(field) is not { } value)
        {
            return null;
        }

        if (value.GetValueKind() != JsonValueKind.String)
        {
            FailType(name, value, "string");
            return null;
        }

        var text = value.GetValue<string>();
        if (field.Choices is { } choices && !choices.Contains(text))
        {
            Fail(name, $"{Quote(value)} is not one of {string.Join(", ", choices)}", InputErrorKind.NotAChoice);
        }

        return text;
    }

    public long? Integer(string name)
    {
        var field = Field(name);
        if (Value(field) is not { } value)
        {
            return null;
        }

        if (value.GetValueKind() != JsonValueKind.Number || !IsWhole(value, out var number))
        {
            FailType(name, value, "integer");
            return null;
        }

        if (number < field.Minimum)
        {
            Fail(name, $"{number} is less than the minimum of {field.Minimum}", InputErrorKind.TooSmall);
        }
        else if (number > field.Maximum)
        {
            Fail(name, $"{number} is greater than the maximum of {field.Maximum}", InputErrorKind.TooLarge);
        }

        return number;
    }

    public bool Boolean(string name)
    {
        var value = Value(Field(name))!;
        if (value.GetValueKind() is JsonValueKind.True or JsonValueKind.False)
        {
            return value.GetValue<bool>();
        }

        FailType(name, value, "boolean");
        return false;
    }

    /// <summary>Returns one entry per example. Trailing line feeds do not start another line.</summary>
    public IReadOnlyList<string>? Lines(string name)
    {
        if (Value(Field(name)) is not { } value)
        {
            return null;
        }

        switch (value.GetValueKind())
        {
            case JsonValueKind.Array:
                return Strings(name, (JsonArray)value);
            case JsonValueKind.String when LooksLikeArray(value.GetValue<string>()):
                return ParseEmbedded(name, value.GetValue<string>()) is JsonArray array ? Strings(name, array) : null;
            case JsonValueKind.String:
                var text = value.GetValue<string>().Replace("\r\n", "\n").Replace('\r', '\n').TrimEnd('\n');
                return text.Length == 0 ? [] : text.Split('\n');
            default:
                FailType(name, value, "string");
                return null;
        }
    }

    public IReadOnlyList<ModuleWeight>? Weights(string name)
    {
        var value = Value(Field(name));
        if (value?.GetValueKind() == JsonValueKind.String)
        {
            var text = value.GetValue<string>();
            if (string.IsNullOrWhiteSpace(text) || (value = ParseEmbedded(name, text)) is null)
            {
                return null;
            }
        }

        if (value is null)
        {
            return null;
        }

        if (value is not JsonObject { Count: > 0 } weights)
        {
            Fail(name, """Give a JSON object of numbers, for example {"lorahub/t5_mini-plurals": 0.5}.""", InputErrorKind.WrongType);
            return null;
        }

        if (weights.GroupBy(pair => pair.Key.Trim()).FirstOrDefault(group => group.Count() > 1) is { } twice)
        {
            Fail(name, $"`{twice.Key}` is named twice; name each module once.");
        }

        return [.. weights.Select(pair => new ModuleWeight(pair.Key.Trim(), Weight(name, pair.Key, pair.Value)))];
    }

    static InputField Field(string name) => InputSchema.Fields.First(field => field.Name == name);

    JsonNode? Value(InputField field) =>
        IsGiven(field.Name) ? given[field.Name] : _presets.TryGetValue(field.Name, out var preset) ? preset : field.Default;

    double Weight(string name, string module, JsonNode? value)
    {
        if (value?.GetValueKind() == JsonValueKind.Number && value.AsValue().TryGetValue<double>(out var weight) && double.IsFinite(weight))
        {
            return weight;
        }

        Fail(name, $"The weight of `{module}` is {Quote(value)}; it must be a finite number.", InputErrorKind.WrongType);
        return 0;
    }

    List<string> Strings(string name, JsonArray array)
    {
        var strings = new List<string>(array.Count);
        foreach (var item in array)
        {
            if (item?.GetValueKind() == JsonValueKind.String)
            {
                strings.Add(item.GetValue<string>());
            }
            else
            {
                Fail(name, $"Entry {strings.Count} of the array is {Quote(item)}; every entry must be a string.", InputErrorKind.WrongType);
                return strings;
            }
        }

        return strings;
    }

    static bool LooksLikeArray(string text)
    {
        var trimmed = text.AsSpan().Trim();
        return trimmed is ['[', .., ']'] && trimmed[1..].TrimStart() is ['"', ..] or [']'];
    }

    JsonNode? ParseEmbedded(string name, string text)
    {
        try
        {
            var node = JsonNode.Parse(text, documentOptions: EachKeyOnce);
            JsonTexts.Read(node);
            return node;
        }
        catch (JsonException exception)
        {
            var where = exception.LineNumber is { } line ? $" (line {line + 1}, byte {exception.BytePositionInLine + 1})" : "";
            Fail(name, $"The text is not valid JSON{where}.");
            return null;
        }
        catch (InvalidOperationException)
        {
            Fail(name, $"The text is not valid JSON ({JsonTexts.Unreadable}).");
            return null;
        }
    }

    static bool IsWhole(JsonNode value, out long number)
    {
        // Parses the JSON text as decimal, so that 20.0 and 2e1 equal 20 without rounding.
        var isNumber = decimal.TryParse(value.ToJsonString(), NumberStyles.Float, CultureInfo.InvariantCulture, out var written);
        var isWhole = isNumber && decimal.IsInteger(written) && written is >= long.MinValue and <= long.MaxValue;
        number = isWhole ? (long)written : 0;
        return isWhole;
    }

    void FailType(string name, JsonNode value, string type) =>
        Fail(name, $"{Quote(value)} is not of type \"{type}\"", InputErrorKind.WrongType);

    static string Quote(JsonNode? value)
    {
        const int Longest = 80;
        var text = value?.ToJsonString(Quoting) ?? "null";
        return text.Length <= Longest ? text : string.Concat(text.AsSpan(0, Longest), "…");
    }
}
