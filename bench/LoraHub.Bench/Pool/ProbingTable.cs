using LoraHub.Bench.Large;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Formats.Adapters;
using LoraHub.Inference.Adaptation;
using LoraHub.Inference.Lora;
using LoraHub.Inference.Models;
using LoraHub.Inference.T5;
using LoraHub.Inference.Tokenization;
using LoraHub.Modules.Versions;

using static TorchSharp.torch;

namespace LoraHub.Bench.Pool;

/// <summary>
/// Times w = 0 and each module alone, in micro-batches as in a search and one by one. Compared variants run interleaved in one process.
/// </summary>
static class ProbingTable
{
    /// <param name="large">The folder of <see cref="LargeWork"/>'s random model and modules, written if missing; null for the shipped model
    /// only.</param>
    public static void Print(string root, string? large)
    {
        using var noGrad = no_grad();
        Console.WriteLine($"{Machine.Describe()}.");
        Console.WriteLine();
        Console.WriteLine("| work | evaluations | together | one by one | ratio | one by one, composition of one module | ratio "
            + "| largest relative difference of the losses |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
        PrintShipped(Path.Combine(root, "models"), Path.Combine(root, "bench", "tasks", "plural_nonce.jsonl"));
        if (large is not null)
        {
            using var work = new LargeWork(large, LargeWork.Fastest);
            var model = new BaseModel(RandomT5.Id, work.Model, T5Tokenizer.Load(work.Model.Folder)); // the work disposes the model
            PrintRow(
                $"FLAN-T5-large's shape, {LargeWork.FastestName}, 5 examples", model, work.Loaded, LargeWork.Inputs, LargeWork.Targets, rounds: 2);
        }
    }

    static void PrintShipped(string models, string task)
    {
        var folder = Path.Combine(models, "lorahub", "t5-mini");
        using var model = new BaseModel("lorahub/t5-mini", T5Model.Load(folder, CPU, _ => ScalarType.Float32), T5Tokenizer.Load(folder));
        LoraModule[] modules =
        [
            .. RandomPool.Real(models)
                .Select(path => (Path: path, Config: AdapterConfig.Load(path)))
                .Select(module => new ModuleVersion
                {
                    Id = Path.GetFileName(module.Path),
                    Folder = module.Path,
                    BaseModel = module.Config.BaseModel,
                    Rank = module.Config.Rank,
                })
                .Select(version => LoraModule.Load(version, model.Model)),
        ];
        var (long3, _) = InputParser.Parse([]);
        var (short5, _) = InputParser.Parse(BundleTask.Request(task));
        var works = new[]
        {
            ("shipped model, fp32, 3 examples of about 130 tokens", long3!),
            ("shipped model, fp32, 5 examples of a few tokens", short5!),
        };
        foreach (var (name, input) in works)
        {
            PrintRow(name, model, modules, Tokenize(input.ExampleInputs), Tokenize(input.ExampleOutputs), rounds: 5);
        }

        foreach (var module in modules)
        {
            module.Dispose();
        }

        int[][] Tokenize(IReadOnlyList<string> texts) => [.. texts.Select(text => model.Tokenizer.Encode(text).Ids)];
    }

    static void PrintRow(string name, BaseModel model, IReadOnlyList<LoraModule> modules, int[][] inputs, int[][] targets, int rounds)
    {
        using var composition = new DeltaComposition(modules, model.Model.ComputeType);
        using var examples = new FewShotExamples(model.Model, inputs, targets);
        double[][] points =
        [
            new double[modules.Count],
            .. modules.Select((_, place) => modules.Select((_, other) => other == place ? 1.0 : 0).ToArray()),
        ];
        double[] together = [], apart = [], single = [];
        var (secondsTogether, secondsApart, secondsSingle) = (new List<double>(), new List<double>(), new List<double>());
        Loss(examples, composition, points[^1]); // warms up
        for (var round = 0; round < rounds; round++)
        {
            secondsTogether.Add(
                Timed.Seconds(() => together = [Loss(examples, composition, points[0]), .. Together(model, modules, inputs, targets)]));
            secondsApart.Add(Timed.Seconds(() => apart = [.. points.Select(point => Loss(examples, composition, point))]));
            secondsSingle.Add(
                Timed.Seconds(() => single = [Loss(examples, composition, points[0]), .. modules.Select(module => Alone(model, module, examples))]));
        }

        var (a, b, c) = (Timed.Median(secondsTogether), Timed.Median(secondsApart), Timed.Median(secondsSingle));
        Console.WriteLine(
            $"| {name} | {points.Length} | {a:0.00} s | {b:0.00} s | {b / a:0.00}× | {c:0.00} s | {c / a:0.00}× "
            + $"| {Math.Max(Difference(together, apart), Difference(together, single)):0.0e+0} |");
    }

    /// <summary>As in the first search on these examples: the cache is empty.</summary>
    static double[] Together(BaseModel model, IReadOnlyList<LoraModule> modules, int[][] inputs, int[][] targets)
    {
        using var probes = new ModuleProbes(model, modules, inputs, targets, new ProbeCache(), CancellationToken.None);
        return probes.MeanTokenLosses([.. Enumerable.Range(0, modules.Count)]);
    }

    static double Alone(BaseModel model, LoraModule module, FewShotExamples examples)
    {
        using var composition = new DeltaComposition([module], model.Model.ComputeType);
        return Loss(examples, composition, [1]);
    }

    static double Loss(FewShotExamples examples, DeltaComposition composition, double[] weights)
    {
        using var scope = NewDisposeScope();
        return examples.MeanTokenLosses(composition.Compose([weights]))[0];
    }

    static double Difference(double[] losses, double[] others) => losses.Zip(others, (loss, other) => Math.Abs(loss - other) / Math.Abs(other)).Max();
}
