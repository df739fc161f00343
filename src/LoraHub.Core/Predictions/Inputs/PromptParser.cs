using System.Text.Json.Nodes;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>Parses a request's JSON into a <see cref="PromptInput"/>, or reports all of its errors.</summary>
public static class PromptParser
{
    /// <returns>The input and no errors, or null and at least one error, ordered by field name.</returns>
    public static (PromptInput? Input, IReadOnlyList<InputError> Errors) Parse(JsonObject given)
    {
        var reader = new FieldReader(PromptSchema.Fields, given, int.MaxValue);
        var input = new PromptInput
        {
            Prompt = reader.Text(PromptSchema.Prompt) ?? "",
            MaxNewTokens = (int)(reader.Integer(PromptSchema.MaxNewTokens) ?? 0),
            Temperature = reader.Number(PromptSchema.Temperature) ?? 0,
            TopP = reader.Number(PromptSchema.TopP) ?? 1,
            TopK = (int)(reader.Integer(PromptSchema.TopK) ?? 0),
            Beams = (int)(reader.Integer(PromptSchema.NumBeams) ?? 1),
            Seed = reader.Integer(PromptSchema.Seed),
            Stop = reader.Lines(PromptSchema.Stop) ?? [],
        };
        Check(reader, input);

        return reader.Errors.Count == 0
            ? (input, [])
            : (null, [.. reader.Errors.OrderBy(error => error.Field, StringComparer.Ordinal)]);
    }

    static void Check(FieldReader reader, PromptInput input)
    {
        if (input.Prompt.Length == 0 && !reader.Failed(PromptSchema.Prompt))
        {
            reader.Fail(
                PromptSchema.Prompt,
                reader.IsGiven(PromptSchema.Prompt) ? "The prompt is empty; give a text." : $"{PromptSchema.Prompt} is required",
                InputErrorKind.Required);
        }

        if (input is { Beams: > 1, Temperature: > 0 } && !reader.Failed(PromptSchema.NumBeams, PromptSchema.Temperature))
        {
            reader.Fail(PromptSchema.NumBeams, "A beam search does not sample; set temperature to 0, or num_beams to 1.");
        }

        if (input.Stop.Count > PromptSchema.MostStops)
        {
            reader.Fail(
                PromptSchema.Stop, $"There are {input.Stop.Count} texts; give at most {PromptSchema.MostStops}.", InputErrorKind.TooLarge);
        }
        else if (input.Stop.Any(stop => stop.Length is 0 or > PromptSchema.LongestStop))
        {
            reader.Fail(PromptSchema.Stop, $"Every text must have 1 to {PromptSchema.LongestStop} characters.");
        }
    }
}
