using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Api.Evaluation;

/// <summary>A way to adapt, by name: the inputs that a request of it has beside the task's texts and the seed.</summary>
/// <param name="Name">Heads its column in the table.</param>
/// <param name="Inputs">Not to be changed; names are those of <see cref="InputSchema"/>, values are checked with the plan.</param>
sealed partial record EvaluationMethod(string Name, JsonObject Inputs)
{
    const string ZeroShotName = "zero-shot";

    static readonly string[] SetByTheEvaluation =
        [InputSchema.ExampleInputs, InputSchema.ExampleOutputs, InputSchema.TestInputs, InputSchema.TestOutputs, InputSchema.Seed];

    /// <summary>The base model alone: nothing is searched, and no seed matters.</summary>
    public bool IsZeroShot => Name == ZeroShotName;

    /// <summary>Presets that the service knows; the methods of an evaluation that names none.</summary>
    public static IReadOnlyCollection<string> Presets => Methods.Names;

    /// <param name="text">A preset's name, <c>zero-shot</c>, or <c>NAME={"input": value}</c>.</param>
    /// <exception cref="EvaluationException">It is none of these.</exception>
    public static EvaluationMethod Read(string text)
    {
        var (name, inputs) = text.Split('=', 2) is [var before, var after] ? (before.Trim(), after) : (text.Trim(), null);
        var isKnown = name == ZeroShotName || Presets.Contains(name);
        if (inputs is null)
        {
            return !isKnown
                ? throw new EvaluationException($"`{name}` is not a method. The methods are: {string.Join(", ", Presets)}, {ZeroShotName}, or NAME={{…}} with a request's inputs as JSON.")
                : new EvaluationMethod(name, name == ZeroShotName ? [] : new JsonObject { [InputSchema.Method] = name });
        }

        if (isKnown || !OwnName().IsMatch(name))
        {
            throw new EvaluationException(isKnown
                ? $"`{name}` is a method with inputs of its own; give yours another name."
                : $"`{name}` cannot name a method; take up to 40 letters, digits, spaces and `.+_-`, a letter or digit first.");
        }

        var method = new EvaluationMethod(name, Parse(name, inputs));
        CheckNames($"method `{name}`", method.Inputs);
        return method;
    }

    /// <exception cref="EvaluationException">A name is not of the schema, or of an input that an evaluation sets itself.</exception>
    public static void CheckNames(string where, JsonObject inputs)
    {
        foreach (var (name, _) in inputs)
        {
            if (SetByTheEvaluation.Contains(name))
            {
                throw new EvaluationException($"{where}: `{name}` comes from {(name == InputSchema.Seed ? "--seed" : "the tasks")}; leave it out.");
            }

            if (!InputSchema.Fields.Any(field => field.Name == name))
            {
                throw new EvaluationException($"{where}: `{name}` is not an input. The inputs are: {string.Join(", ", InputSchema.Fields.Select(field => field.Name).Except(SetByTheEvaluation))}.");
            }
        }
    }

    static JsonObject Parse(string name, string inputs)
    {
        try
        {
            var parsed = JsonNode.Parse(inputs, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
            JsonTexts.Read(parsed);
            return parsed as JsonObject ?? throw new JsonException();
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            throw new EvaluationException($$"""method `{{name}}`: `{{inputs}}` is not a JSON object such as {"composition":"delta"}.""", exception);
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9][A-Za-z0-9 .+_-]{0,39}\z", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex OwnName();
}
