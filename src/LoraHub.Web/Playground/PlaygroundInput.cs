using System.Text.Json.Nodes;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Web.Playground;

/// <summary>What the composer's form shows: the inputs of a prediction, as a person fills them in.</summary>
/// <param name="Examples">The few-shot examples.</param>
/// <param name="Tests">What the adapted model answers, and the right answers where they are known.</param>
/// <param name="Others">The other inputs by name, as they were given.</param>
public sealed record PlaygroundInput(
    IReadOnlyList<(string Input, string Output)> Examples,
    IReadOnlyList<(string Input, string Output)> Tests,
    JsonObject Others)
{
    static readonly string[] Tables = [InputSchema.ExampleInputs, InputSchema.ExampleOutputs, InputSchema.TestInputs, InputSchema.TestOutputs];

    /// <summary>The form of an earlier prediction's input: "change and run again".</summary>
    public static PlaygroundInput Of(JsonObject input)
    {
        var others = new JsonObject(input.Where(field => !Tables.Contains(field.Key)).Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone())));
        return new PlaygroundInput(
            Rows(input[InputSchema.ExampleInputs], input[InputSchema.ExampleOutputs]),
            Rows(input[InputSchema.TestInputs], input[InputSchema.TestOutputs]),
            others);
    }

    /// <summary>The value of another input as the form's text; empty if it was not given.</summary>
    public string Text(InputField field) => (Others[field.Name] ?? field.Default) switch
    {
        null => "",
        JsonValue value when value.TryGetValue<string>(out var text) => text,
        var value => value.ToJsonString(),
    };

    static IReadOnlyList<(string, string)> Rows(JsonNode? inputs, JsonNode? outputs)
    {
        var (left, right) = TextLines.Match(Lines(inputs), Lines(outputs));
        return [.. left.Lines.Select((input, row) => (input, row < right.Lines.Count ? right.Lines[row] : ""))];
    }

    static TextLines Lines(JsonNode? value) => value switch
    {
        JsonArray items => new TextLines([.. items.Select(item => item?.ToString() ?? "")]),
        JsonValue text when text.TryGetValue<string>(out var lines) => TextLines.Of(lines, int.MaxValue),
        _ => new TextLines([]),
    };
}
