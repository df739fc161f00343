using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>The JSON type of a field.</summary>
public enum InputType
{
    /// <summary>A string with one example per line, or an array of strings.</summary>
    Lines,

    /// <summary>A string.</summary>
    Text,

    /// <summary>A whole number; 20.0 is accepted, "20" and true are not.</summary>
    Integer,

    /// <summary>A finite number.</summary>
    Number,

    /// <summary>An object of numbers, or a string that contains one.</summary>
    Weights,

    /// <summary>true or false.</summary>
    Boolean,
}

/// <summary>One input of a prediction: its name, type, default and bounds apply to every interface (HTTP, terminal, API documents).</summary>
public sealed record InputField(string Name, InputType Type, string Description)
{
    /// <summary>Null when omitting the field has its own meaning.</summary>
    public JsonNode? Default { get; init; }

    public double? Minimum { get; init; }

    public double? Maximum { get; init; }

    /// <summary>Whether a text is itself a reference, so that a URL in it does not stand for its file's content.</summary>
    public bool IsReference { get; init; }

    /// <summary>Whether a request without it is refused.</summary>
    public bool IsRequired { get; init; }

    /// <summary>The accepted values, or null when any text is accepted.</summary>
    public IReadOnlyList<string>? Choices { get; init; }
}

/// <summary>Kinds of input errors.</summary>
public enum InputErrorKind
{
    Required,
    WrongType,
    TooSmall,
    TooLarge,
    NotAChoice,
    Invalid,

    /// <summary>The model has no such input.</summary>
    Unknown,

    /// <summary>The inputs hold more bytes than one prediction may (<see cref="InputBudget"/>).</summary>
    OverBudget,
}

/// <param name="Field">The input's name.</param>
/// <param name="Message">What is wrong and how to fix it, without a leading field name.</param>
public sealed record InputError(string Field, string Message, InputErrorKind Kind);

public static class InputFields
{
    /// <summary>
    /// Returns a request's known fields, unchanged. Drops unknown ones without naming them, since a client may send a token by mistake.
    /// </summary>
    public static JsonObject Known(this IReadOnlyList<InputField> fields, JsonObject given)
    {
        var known = new JsonObject();
        foreach (var field in fields)
        {
            if (given.TryGetPropertyValue(field.Name, out var value))
            {
                known[field.Name] = Copy(value);
            }
        }

        return known;
    }

    /// <summary>Copies the text too: a clone would keep the whole request's bytes in memory, dropped fields included.</summary>
    static JsonNode? Copy(JsonNode? value) => value switch
    {
        null => null,
        JsonObject members => new JsonObject(members.Select(member => KeyValuePair.Create(member.Key, Copy(member.Value)))),
        JsonArray items => new JsonArray([.. items.Select(Copy)]),
        _ when value.GetValueKind() == JsonValueKind.String => JsonValue.Create(value.GetValue<string>()),
        _ => JsonNode.Parse(value.ToJsonString()),
    };
}
