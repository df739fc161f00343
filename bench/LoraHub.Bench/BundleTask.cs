using System.Text.Json.Nodes;

using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Bench;

/// <summary>A task of <c>bench/tasks</c> as a prediction: its first five lines are the examples, the others the test inputs.</summary>
static class BundleTask
{
    const int Examples = 5;

    /// <param name="file">JSON Lines with <c>input</c> and <c>target</c>.</param>
    public static JsonObject Request(string file)
    {
        var lines = File.ReadLines(file).Select(line => JsonNode.Parse(line)!).ToArray();
        return new JsonObject
        {
            [InputSchema.ExampleInputs] = Column(lines.Take(Examples), "input"),
            [InputSchema.ExampleOutputs] = Column(lines.Take(Examples), "target"),
            [InputSchema.TestInputs] = Column(lines.Skip(Examples), "input"),
            [InputSchema.TestOutputs] = Column(lines.Skip(Examples), "target"),
            [InputSchema.MaxNewTokens] = 16,
        };
    }

    public static PredictionOutput Predict(Bundle bundle, JsonObject request)
    {
        var (input, errors) = InputParser.Parse(request);
        return bundle.Predict(input ?? throw new InvalidOperationException(errors[0].Message));
    }

    static JsonArray Column(IEnumerable<JsonNode> lines, string name) => [.. lines.Select(line => line[name]!.DeepClone())];
}
