using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Evaluation;

/// <summary>A named method of adaptation: the inputs of its requests, other than the task's texts and the seed.</summary>
/// <param name="Name">The heading of its column in the table.</param>
/// <param name="Inputs">Do not modify. <see cref="InputSchema"/> defines the names; <see cref="EvaluationPlan"/> validates the values.</param>
public sealed partial record EvaluationMethod(string Name, JsonObject Inputs)
{
    /// <summary>The name of the method that answers without modules.</summary>
    public const string ZeroShotName = "zero-shot";

    static readonly string[] ReservedInputs =
        [InputSchema.ExampleInputs, InputSchema.ExampleOutputs, InputSchema.TestInputs, InputSchema.TestOutputs, InputSchema.Seed];

    /// <summary>Whether the base model answers alone, without a search and independent of the seed.</summary>
    public bool IsZeroShot => Name == ZeroShotName;

    /// <summary>The service's presets; an evaluation without methods uses them all.</summary>
    public static IReadOnlyCollection<string> Presets => Methods.Names;

    /// <param name="text">A preset's name, <c>zero-shot</c>, or <c>NAME={"input": value}</c>.</param>
    /// <exception cref="EvaluationException">The text is none of these.</exception>
    public static EvaluationMethod Read(string text)
    {
        var (name, inputs) = text.Split('=', 2) is [var before, var after] ? (before.Trim(), after) : (text.Trim(), null);
        var isKnown = name == ZeroShotName || Presets.Contains(name);
        if (inputs is null)
        {
            return !isKnown
                ? throw new EvaluationException(
                    $"`{name}` is not a method. The methods are: {string.Join(", ", Presets)}, {ZeroShotName}, "
                    + "or NAME={…} with a request's inputs as JSON.")
                : new EvaluationMethod(name, name == ZeroShotName ? [] : new JsonObject { [InputSchema.Method] = name });
        }

        if (isKnown || !OwnName().IsMatch(name))
        {
            throw new EvaluationException(isKnown
                ? $"`{name}` is a predefined method; use another name."
                : $"`{name}` cannot name a method; use at most 40 letters, digits, spaces and `.+_-`, with a letter or digit first.");
        }

        var method = new EvaluationMethod(name, Parse(name, inputs));
        CheckNames($"method `{name}`", method.Inputs);
        return method;
    }

    /// <exception cref="EvaluationException">A name is not in the schema, or names an input that the evaluation itself sets.</exception>
    public static void CheckNames(string where, JsonObject inputs)
    {
        foreach (var (name, _) in inputs)
        {
            if (ReservedInputs.Contains(name))
            {
                throw new EvaluationException($"{where}: `{name}` comes from {(name == InputSchema.Seed ? "--seed" : "the tasks")}; leave it out.");
            }

            if (!InputSchema.Fields.Any(field => field.Name == name))
            {
                var known = InputSchema.Fields.Select(field => field.Name).Except(ReservedInputs);
                throw new EvaluationException($"{where}: `{name}` is not an input. The inputs are: {string.Join(", ", known)}.");
            }
        }
    }

    static JsonObject Parse(string name, string inputs)
    {
        try
        {
            return BoundedJson.Parse(inputs) as JsonObject ?? throw new JsonException();
        }
        catch (Exception exception) when (exception is JsonException or TooManyValuesException)
        {
            throw new EvaluationException($$"""method `{{name}}`: `{{inputs}}` is not a JSON object such as {"composition":"delta"}.""", exception);
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9 .+_-]{0,39}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OwnName();
}
