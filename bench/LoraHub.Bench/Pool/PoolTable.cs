using System.Diagnostics;

using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Bench.Pool;

/// <summary>Accuracy of <c>best</c> with the bundle's 28 modules, and with these and 168 random ones.</summary>
static class PoolTable
{
    /// <summary>Prints a Markdown table over the 20 tasks; the pools are in a temporary folder.</summary>
    public static void Print(string root)
    {
        var models = Path.Combine(root, "models");
        var folder = Directory.CreateTempSubdirectory("lorahub-pool").FullName;
        try
        {
            var (alone, bare, carded) = (Path.Combine(folder, "alone"), Path.Combine(folder, "bare"), Path.Combine(folder, "carded"));
            RandomPool.Link(alone, models);
            RandomPool.Write(RandomPool.Link(bare, models), models, RandomPool.Count, withCards: false);
            RandomPool.Write(RandomPool.Link(carded, models), models, RandomPool.Count, withCards: true);

            Console.WriteLine(
                "| pool | evaluations | mean exact match | odd tasks | even tasks | seconds a prediction | real modules of those kept |");
            Console.WriteLine("|---|---|---|---|---|---|---|");
            PrintRow(root, "28 real modules", alone, 40);
            foreach (var (name, pool) in new[] { ("196, random ones without a card", bare), ("196, random ones with a real module's card", carded) })
            {
                foreach (var budget in (int[])[40, 60, 100])
                {
                    PrintRow(root, name, pool, budget);
                }
            }
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <remarks>Each row uses a new predictor, so that cached losses of single modules do not carry over.</remarks>
    static void PrintRow(string root, string name, string pool, int budget)
    {
        using var bundle = Bundle.OpenModels(pool);
        var outputs = new List<PredictionOutput>();
        var clock = Stopwatch.StartNew();
        foreach (var file in Directory.EnumerateFiles(Path.Combine(root, "bench", "tasks"), "*.jsonl").Order(StringComparer.Ordinal))
        {
            var request = BundleTask.Request(file);
            request[InputSchema.Method] = "best";
            request[InputSchema.MaxInferenceStep] = budget;
            request[InputSchema.Seed] = 1;
            outputs.Add(BundleTask.Predict(bundle, request));
        }

        var matches = outputs.Select(output => output.Accuracy!.Adapted).ToArray();
        var real = outputs.Average(
            output => output.Weights.Count(weight => !weight.Module.StartsWith(RandomPool.Owner + "/", StringComparison.Ordinal)));
        Console.WriteLine(
            $"| {name} | {budget} | {matches.Average():0.0} | {Every(0):0.0} | {Every(1):0.0} "
            + $"| {clock.Elapsed.TotalSeconds / outputs.Count:0.00} | {real:0.0} of {outputs.Average(output => output.Weights.Count):0.0} |");

        double Every(int first) => matches.Where((_, place) => place % 2 == first).Average(); // alphabetical, counted from 1
    }
}
