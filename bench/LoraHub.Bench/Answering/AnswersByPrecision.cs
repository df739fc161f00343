using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;

using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference;

namespace LoraHub.Bench.Answering;

/// <summary>
/// Answers of the shipped model to the test inputs of the 20 tasks in each precision, with the weights that a search in fp32 found.
/// </summary>
static class AnswersByPrecision
{
    /// <summary>Prints the answers that differ from those in fp32, and the exact match, as Markdown.</summary>
    public static void Print()
    {
        var root = Repository.Root;
        var modules = JsonNode.Parse(File.ReadAllText(Path.Combine(root, "bench", "draws.json")))!["lorahub"]!["1"]!.Deserialize<string[]>()!;
        var requests = Directory.EnumerateFiles(Path.Combine(root, "bench", "tasks"), "*.jsonl").Order(StringComparer.Ordinal)
            .Select(BundleTask.Request).ToArray();
        PredictionOutput[] exact;
        using (var bundle = Open(new InferenceOptions { Precision = Precision.Fp32 }))
        {
            exact = [.. requests.Select(request => Predict(bundle, request, InputSchema.LoraModulesSpecified, Specified(modules)))];
        }

        Console.WriteLine();
        Console.WriteLine("| answers of the shipped model | differ from fp32, adapted | zero-shot | exact match, adapted | fp32 |");
        Console.WriteLine("|---|---|---|---|---|");
        Print("bf16, search and answers", new InferenceOptions { Precision = Precision.Bf16 }, requests, exact);
        Print("int8, search in fp32", new InferenceOptions { Decoding = DecodingPrecision.Int8 }, requests, exact);
    }

    static void Print(string name, InferenceOptions options, JsonObject[] requests, PredictionOutput[] exact)
    {
        using var bundle = Open(options);
        PredictionOutput[] outputs =
        [
            .. requests.Zip(exact, (request, found) => Predict(bundle, request, InputSchema.ModuleWeights, JsonSerializer.Serialize(
                found.Weights!.Select(weight => new { module = weight.Module, weight = weight.Weight })))),
        ];
        var (adapted, zeroShot) = (Different(output => output.Predictions!), Different(output => output.ZeroShot!));
        var count = exact.Sum(output => output.Predictions!.Count);
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"| {name} | {adapted} of {count} ({(double)adapted / count:P2}) | {zeroShot} ({(double)zeroShot / count:P2}) | "
            + $"{outputs.Average(output => output.Accuracy!.Adapted):0.00} | {exact.Average(output => output.Accuracy!.Adapted):0.00} |"));

        int Different(Func<PredictionOutput, IReadOnlyList<string>> answers) =>
            exact.Zip(outputs, (one, other) => answers(one).Zip(answers(other), (a, b) => a != b).Count(differs => differs)).Sum();
    }

    static Bundle Open(InferenceOptions options) => new(Path.Combine(Repository.Root, "models"), "lorahub/t5-mini", options);

    static string Specified(IEnumerable<string> modules) => string.Join(',', modules.Select(module => $"lorahub/{module}"));

    static PredictionOutput Predict(Bundle bundle, JsonObject request, string field, string value)
    {
        var own = request.DeepClone().AsObject();
        own[field] = value;
        return BundleTask.Predict(bundle, own);
    }
}
