using System.Text.Json.Nodes;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>What a field's JSON must be.</summary>
public enum InputType
{
    /// <summary>A string, or an array of strings: one example each.</summary>
    Lines,

    /// <summary>A string.</summary>
    Text,

    /// <summary>A whole number; 20.0 counts, "20" and true do not.</summary>
    Integer,

    /// <summary>An object of numbers, or a string that holds one.</summary>
    Weights,

    /// <summary>true or false.</summary>
    Boolean,
}

/// <summary>One input of a prediction: its name, type, default and bounds are the contract of every front (HTTP, terminal, documents).</summary>
public sealed record InputField(string Name, InputType Type, string Description)
{
    /// <summary>Null where leaving the field out has a meaning of its own.</summary>
    public JsonNode? Default { get; init; }

    public long? Minimum { get; init; }

    public long? Maximum { get; init; }

    /// <summary>The words the field takes, or null when any text will do.</summary>
    public IReadOnlyList<string>? Choices { get; init; }
}

/// <summary>What is wrong with an input.</summary>
public enum InputErrorKind
{
    Required,
    WrongType,
    TooSmall,
    TooLarge,
    NotAChoice,
    Invalid,
}

/// <param name="Field">The input's name.</param>
/// <param name="Message">What is wrong and what would be right, without the field's name in front.</param>
public sealed record InputError(string Field, string Message, InputErrorKind Kind);
