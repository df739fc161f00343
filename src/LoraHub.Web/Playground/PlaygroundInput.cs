using System.Text.Encodings.Web;
using System.Text.Json;
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
    /// <summary>For people: pages encode what is HTML in it.</summary>
    static readonly JsonSerializerOptions Unescaped = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    static readonly string[] Tables = [InputSchema.ExampleInputs, InputSchema.ExampleOutputs, InputSchema.TestInputs, InputSchema.TestOutputs];

    /// <summary>The form of an earlier prediction's input: "change and run again". Without examples, the composer took its own.</summary>
    public static PlaygroundInput Of(JsonObject input) =>
        input[InputSchema.Adapter] is null && input[InputSchema.ExampleInputs] is null // an adapter needs no examples
            ? AsGiven(input, DefaultOf)
            : AsGiven(input);

    /// <summary>The form of an input, with nothing that was not given.</summary>
    public static PlaygroundInput AsGiven(JsonObject input) => AsGiven(input, _ => null);

    static PlaygroundInput AsGiven(JsonObject input, Func<string, JsonNode?> otherwise)
    {
        var others = new JsonObject(
            input.Where(field => !Tables.Contains(field.Key)).Select(field => KeyValuePair.Create(field.Key, field.Value?.DeepClone())));
        return new PlaygroundInput(
            Rows(
                input[InputSchema.ExampleInputs] ?? otherwise(InputSchema.ExampleInputs),
                input[InputSchema.ExampleOutputs] ?? otherwise(InputSchema.ExampleOutputs)),
            Rows(input[InputSchema.TestInputs], input[InputSchema.TestOutputs]),
            others);
    }

    /// <summary>The value of another input as the form's text; empty if it was not given.</summary>
    public string Text(string name) => Text(Others[name]);

    /// <summary>A value as a person writes it.</summary>
    public static string Text(JsonNode? value) => value switch
    {
        null => "",
        JsonValue text when text.TryGetValue<string>(out var written) => written,
        _ => value.ToJsonString(Unescaped),
    };

    static JsonNode? DefaultOf(string name) => InputSchema.Fields.First(field => field.Name == name).Default;

    static IReadOnlyList<(string, string)> Rows(JsonNode? inputs, JsonNode? outputs)
    {
        var (left, right) = TextLines.Match(Lines(inputs), Lines(outputs));
        var count = Math.Max(left.Lines.Count, right.Lines.Count);
        return [.. Enumerable.Range(0, count).Select(row => (Cell(left, row), Cell(right, row)))];
    }

    static string Cell(TextLines column, int row) => row < column.Lines.Count ? column.Lines[row] : "";

    static TextLines Lines(JsonNode? value) => value switch
    {
        JsonArray items => new TextLines([.. items.Select(Text)]),
        JsonValue text when text.TryGetValue<string>(out var lines) => TextLines.Of(lines, int.MaxValue),
        _ => new TextLines([]),
    };
}
