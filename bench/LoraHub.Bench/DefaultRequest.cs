using System.Diagnostics;
using System.Text.Json.Nodes;

using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Inference;
using LoraHub.Inference.Models;
using LoraHub.Inference.Predictions;

namespace LoraHub.Bench;

/// <summary>How long the service's default request takes: 3 examples of about 130 tokens, 20 modules, 40 evaluations, an adapter.</summary>
static class DefaultRequest
{
    const int Repetitions = 9;

    public static void Print(string root)
    {
        var folders = new ModelFolders([Path.Combine(root, "models")]);
        var loading = Stopwatch.StartNew();
        using var predictor = new LoraHubPredictor(
            new InferenceOptions { Precision = Precision.Fp32 }, folders, new FolderModuleCatalog(folders, "lorahub/t5-mini"), TimeProvider.System);
        predictor.Prepare(new Silence(), CancellationToken.None);
        var loaded = loading.Elapsed;
        var (input, _) = InputParser.Parse(new JsonObject { [InputSchema.Seed] = 1 });
        var times = Enumerable.Range(0, Repetitions + 1).Select(_ => Time(predictor, input!)).ToArray();

        Console.WriteLine("| what | seconds |");
        Console.WriteLine("|---|---|");
        Console.WriteLine($"| libtorch, tokenizer and base model, from process start to ready | {loaded.TotalSeconds:0.00} |");
        Console.WriteLine($"| the first default request | {times[0].TotalSeconds:0.00} |");
        Console.WriteLine($"| the default request again, median of {Repetitions} | {times[1..].Order().ElementAt(Repetitions / 2).TotalSeconds:0.00} |");
    }

    static TimeSpan Time(LoraHubPredictor predictor, PredictionInput input)
    {
        var folder = Directory.CreateTempSubdirectory("lorahub-bench");
        try
        {
            var clock = Stopwatch.StartNew();
            predictor.Predict(input, folder.FullName, new Silence(), CancellationToken.None);
            return clock.Elapsed;
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }
}

/// <summary>Hears nothing.</summary>
sealed class Silence : IPredictionProgress
{
    public void Log(string line)
    {
    }

    public void Measure(string name, double value)
    {
    }
}
