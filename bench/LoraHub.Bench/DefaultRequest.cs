using System.Diagnostics;
using System.Text.Json.Nodes;

using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Bench;

/// <summary>Times the service's default request: 3 examples of about 130 tokens, 20 modules, 40 evaluations, an adapter.</summary>
static class DefaultRequest
{
    const int Repetitions = 9;

    public static void Print(string root)
    {
        var loading = Stopwatch.StartNew();
        using var bundle = Bundle.Open(root);
        var loaded = loading.Elapsed;
        var (input, _) = InputParser.Parse(new JsonObject { [InputSchema.Seed] = 1 });
        var times = Enumerable.Range(0, Repetitions + 1).Select(_ => Time(() => bundle.Predict(input!))).ToArray();

        Console.WriteLine("| what | seconds |");
        Console.WriteLine("|---|---|");
        Console.WriteLine($"| loading libtorch, tokenizer and base model | {loaded.TotalSeconds:0.00} |");
        Console.WriteLine($"| first default request | {times[0].TotalSeconds:0.00} |");
        Console.WriteLine(
            $"| repeated default request, median of {Repetitions} | {times[1..].Order().ElementAt(Repetitions / 2).TotalSeconds:0.00} |");
    }

    static TimeSpan Time(Action work)
    {
        var clock = Stopwatch.StartNew();
        work();
        return clock.Elapsed;
    }
}
