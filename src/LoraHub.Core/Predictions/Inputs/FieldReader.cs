using System.Globalization;
using System.Numerics;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>Reads single fields of a request, fills in defaults and collects errors.</summary>
/// <param name="fields">The model's inputs.</param>
/// <param name="mostLines">The most lines of one field.</param>
sealed class FieldReader(IReadOnlyList<InputField> fields, JsonObject given, int mostLines)
{
    // Messages quote the client's text unescaped; they are never rendered as HTML.
    static readonly JsonSerializerOptions Quoting = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    readonly List<InputError> _errors = [];

    IReadOnlyDictionary<string, JsonNode> _presets = new Dictionary<string, JsonNode>();

    public IReadOnlyList<InputError> Errors => _errors;

    /// <summary>Replaces the fields' defaults in later reads.</summary>
    public void Preset(IReadOnlyDictionary<string, JsonNode> presets) => _presets = presets;

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

        if (value.GetValueKind() != JsonValueKind.Number || !WholeNumber.TryParse(value.ToJsonString(), out var number))
        {
            FailType(name, value, "integer");
            return null;
        }

        CheckBounds(field, number);
        return number;
    }

    public double? Number(string name)
    {
        var field = Field(name);
        if (Value(field) is not { } value)
        {
            return null;
        }

        if (value.GetValueKind() != JsonValueKind.Number
            || !double.TryParse(value.ToJsonString(), CultureInfo.InvariantCulture, out var number)
            || !double.IsFinite(number))
        {
            FailType(name, value, "number");
            return null;
        }

        CheckBounds(field, number);
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

    /// <summary>Reads a field of lines. Null without a value, or when it is wrong.</summary>
    public IReadOnlyList<string>? Lines(string name) => Checked(name, ReadLines(name));

    /// <summary>Reads two fields that need the same number of lines. A field is null without a value, or when it is wrong.</summary>
    public (IReadOnlyList<string>? Inputs, IReadOnlyList<string>? Outputs) Lines(string inputs, string outputs)
    {
        var (first, second) = (ReadLines(inputs), ReadLines(outputs));
        if (first is not null && second is not null)
        {
            (first, second) = TextLines.Match(first, second);
        }

        return (Checked(inputs, first), Checked(outputs, second));
    }

    /// <summary>Reads weights by module, or the list that is a prediction's <c>output.weights</c>.</summary>
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

        return value is null ? null : new WeightsReader((message, kind) => Fail(name, message, kind)).Read(value);
    }

    InputField Field(string name) => fields.First(field => field.Name == name);

    JsonNode? Value(InputField field) =>
        IsGiven(field.Name) ? given[field.Name] : _presets.GetValueOrDefault(field.Name) ?? field.Default;

    void CheckBounds<T>(InputField field, T number)
        where T : INumber<T>
    {
        if (double.CreateSaturating(number) < field.Minimum)
        {
            Fail(
                field.Name,
                string.Create(CultureInfo.InvariantCulture, $"{number} is less than the minimum of {field.Minimum}"),
                InputErrorKind.TooSmall);
        }
        else if (double.CreateSaturating(number) > field.Maximum)
        {
            Fail(
                field.Name,
                string.Create(CultureInfo.InvariantCulture, $"{number} is greater than the maximum of {field.Maximum}"),
                InputErrorKind.TooLarge);
        }
    }

    TextLines? ReadLines(string name)
    {
        switch (Value(Field(name)))
        {
            case null:
                return null;
            case JsonArray array when array.Count > mostLines:
                return TextLines.TooLong();
            case JsonArray array:
                return new TextLines(Strings(name, array));
            case var text when text.GetValueKind() == JsonValueKind.String:
                return TextLines.Of(text.GetValue<string>(), mostLines);
            case var other:
                FailType(name, other, "string");
                return null;
        }
    }

    IReadOnlyList<string>? Checked(string name, TextLines? lines)
    {
        if (lines is { Error: { } error })
        {
            Fail(name, error);
        }
        else if (lines is { IsTooLong: true })
        {
            Fail(name, InputParser.TooManyLines(mostLines));
        }

        return Failed(name) ? null : lines?.Lines;
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

    JsonNode? ParseEmbedded(string name, string text)
    {
        try
        {
            return BoundedJson.Parse(text);
        }
        catch (JsonException exception)
        {
            var what = BoundedJson.Describe(exception);
            Fail(name, what.Length == 0 ? "The text is not valid JSON." : $"The text is not valid JSON ({what}).");
        }
        catch (TooManyValuesException)
        {
            Fail(name, "The text holds too many values for weights of modules.");
        }

        return null;
    }

    void FailType(string name, JsonNode value, string type) =>
        Fail(name, $"{Quote(value)} is not of type \"{type}\"", InputErrorKind.WrongType);

    internal static string Quote(JsonNode? value)
    {
        const int Longest = 80;
        var text = value?.ToJsonString(Quoting) ?? "null";
        return text.Length <= Longest ? text : string.Concat(text.AsSpan(0, Longest), "…");
    }
}
