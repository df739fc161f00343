using System.Globalization;
using System.Text.Json.Nodes;

using LoraHub.Bench.Large;
using LoraHub.Inference.Generation;
using LoraHub.Inference.Lora;
using LoraHub.Inference.T5;
using LoraHub.Inference.Tokenization;
using LoraHub.Modules.Folders;
using LoraHub.Modules.Library;

using static TorchSharp.torch;

namespace LoraHub.Bench.Batch;

/// <summary>
/// Prints the tokens a second of prompts over eight modules in one running batch, against the same prompts one at a time by
/// <see cref="GreedyDecoder"/>, as Markdown. The two are measured in turns.
/// </summary>
static class BatchTable
{
    const int Modules = 8;

    // One at a time, more prompts only take longer.
    const int MostAlone = 8;

    static readonly int[] Rows = [1, 4, 16, 64];

    /// <param name="folder">The folder of the large random model, see <see cref="LargeTable"/>; null for the shipped model only.</param>
    public static void Print(string? folder)
    {
        Console.WriteLine(Machine.Describe());
        Console.WriteLine();
        Console.WriteLine("| model | prompts | one at a time, tokens/s | together, tokens/s | ratio |");
        Console.WriteLine("|---|---|---|---|---|");
        foreach (var type in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
        {
            PrintShipped(type);
        }

        if (folder is not null)
        {
            foreach (var type in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
            {
                using var work = new LargeWork(folder, type, Modules);
                var inputs = Enumerable.Range(0, Rows[^1]).Select(i => LargeWork.Inputs[i % LargeWork.Inputs.Length]).ToArray();
                Print($"FLAN-T5-large's shape, {Name(type)}", work.Model, work.Loaded, inputs, most: 16, rounds: 1);
            }
        }
    }

    static void PrintShipped(ScalarType type)
    {
        var folder = Path.Combine(Repository.Root, "models");
        var bases = new BaseModels(new SearchPath([folder]), new ModelsOptions().Base);
        using var model = T5Model.Load(bases.Find(bases.DefaultId)!, CPU, _ => type);
        var tokenizer = T5Tokenizer.Load(model.Folder);
        var modules = new ModuleLibrary(new SearchPath([folder]), bases).List().OrderBy(module => module.Id, StringComparer.Ordinal).Take(Modules)
            .Select(module => LoraModule.Load(module, model)).ToArray();
        int[][] inputs = [.. Prompts().Take(Rows[^1]).Select(text => tokenizer.Encode(text).Ids)];
        Print($"shipped, {Name(type)}", model, modules, inputs, most: 32, rounds: 9);
        Array.ForEach(modules, module => module.Dispose());
    }

    /// <summary>Four lines of each task.</summary>
    static IEnumerable<string> Prompts() => Directory.EnumerateFiles(Path.Combine(Repository.Root, "bench", "tasks"), "*.jsonl")
        .Order(StringComparer.Ordinal)
        .SelectMany(file => File.ReadLines(file).Skip(5).Take(4)).Select(line => JsonNode.Parse(line)!["input"]!.GetValue<string>());

    static void Print(string name, T5Model model, IReadOnlyList<LoraModule> modules, int[][] inputs, int most, int rounds)
    {
        using var noGrad = no_grad();
        using var scope = NewDisposeScope();
        DeltaComposition[] compositions = [.. modules.Select(module => new DeltaComposition([module], model.ComputeType))];
        LoraLayers[] alone = [.. compositions.Select(composition => composition.Compose([[1.0]]))];
        foreach (var rows in Rows)
        {
            var (before, after) = (new List<double>(), new List<double>());
            for (var round = 0; round <= rounds; round++)
            {
                before.Add(Rate(() => Alone(model, alone, inputs[..Math.Min(rows, MostAlone)], most)));
                after.Add(Rate(() => Together(model, modules, inputs[..rows], most)));
            }

            var (one, all) = (Timed.Median(before.Skip(1)), Timed.Median(after.Skip(1)));
            Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"| {name} | {rows} | {one:0} | {all:0} | {all / one:0.00} |"));
        }

        Array.ForEach(compositions, composition => composition.Dispose());
    }

    /// <param name="work">Returns the tokens generated.</param>
    /// <returns>Tokens a second.</returns>
    static double Rate(Func<int> work)
    {
        var tokens = 0;
        var seconds = Timed.Seconds(() => tokens = work());
        return tokens / seconds;
    }

    static int Alone(T5Model model, LoraLayers[] modules, int[][] inputs, int most)
    {
        var tokens = 0;
        foreach (var (ids, i) in inputs.Select((ids, i) => (ids, i)))
        {
            using var scope = NewDisposeScope();
            tokens += GreedyDecoder.Generate(model, [ids], modules[i % Modules], most, CancellationToken.None)[0].Length;
        }

        return tokens;
    }

    static int Together(T5Model model, IReadOnlyList<LoraModule> modules, int[][] inputs, int most)
    {
        var (batch, tokens) = (new RunningBatch(model), 0);
        foreach (var (ids, i) in inputs.Select((ids, i) => (ids, i)))
        {
            batch.TryJoin(new BatchedPrompt
            {
                Ids = ids,
                Module = modules[i % Modules],
                Decoding = new GreedyDecoding(model.Generation, most),
                MostTokens = most,
                Receive = step =>
                {
                    tokens += step.Settled.Count;
                    return false;
                },
            });
        }

        batch.Run();
        return tokens;
    }

    static string Name(ScalarType type) => type == ScalarType.BFloat16 ? "bf16" : "fp32";
}
