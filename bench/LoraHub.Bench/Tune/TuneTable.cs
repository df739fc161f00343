using System.Globalization;

using LoraHub.Bench.Large;
using LoraHub.Core.Trainings;
using LoraHub.Inference.Adaptation;
using LoraHub.Inference.Gradients;
using LoraHub.Inference.T5;

using static TorchSharp.torch;

namespace LoraHub.Bench.Tune;

/// <summary>
/// Prints a training step's time and memory against an evaluation of the same rows as Markdown: 8 rows of 130 tokens with targets of 6, a LoRA of
/// rank 16 on q and v; and five short rows with a LoRA of rank 48 on q and v of the encoder, as <c>method: tuned</c>. Steps and evaluations
/// alternate.
/// </summary>
static class TuneTable
{
    static readonly Work Training = new("8 rows of 130", 8, 130, 6, 16, TuningScope.All);

    static readonly Work FewShot = new("5 rows of 12, encoder", 5, 12, 4, 48, TuningScope.Encoder);

    /// <param name="folder">The folder of the random large model, written if missing (3.1 GB); null for the shipped model alone.</param>
    public static void Print(string? folder)
    {
        Console.WriteLine(Machine.Describe());
        Console.WriteLine();
        PrintHead();
        var mini = Path.Combine(Repository.Root, "models", "lorahub", "t5-mini");
        Measure("shipped, fp32", mini, ScalarType.Float32, Training, rounds: 40);
        Measure("shipped, fp32", mini, ScalarType.Float32, FewShot, rounds: 100);
        if (folder is not null)
        {
            var large = RandomT5.Make(folder, RandomT5.Large, mini);
            Measure("large, fp32", large, ScalarType.Float32, Training, rounds: 3);
            Measure("large, fp32", large, ScalarType.Float32, FewShot, rounds: 5);
            if (LargeWork.Fastest == ScalarType.BFloat16)
            {
                Measure("large, bf16", large, ScalarType.BFloat16, Training, rounds: 3);
                Measure("large, bf16", large, ScalarType.BFloat16, FewShot, rounds: 5);
            }
        }
    }

    /// <summary>Prints the rows of a device: trainings and few-shot tuning on both models.</summary>
    /// <param name="folder">The random large model's.</param>
    public static void PrintDevice(string folder, Device device, int rounds)
    {
        PrintHead();
        var mini = Path.Combine(Repository.Root, "models", "lorahub", "t5-mini");
        Measure("shipped, fp32", mini, ScalarType.Float32, FewShot, rounds, device);
        foreach (var type in (ScalarType[])[ScalarType.Float32, ScalarType.BFloat16])
        {
            var name = type == ScalarType.BFloat16 ? "large, bf16" : "large, fp32";
            Measure(name, RandomT5.Make(folder, RandomT5.Large, mini), type, Training, rounds, device);
        }
    }

    static void PrintHead()
    {
        Console.WriteLine(
            "| model | rows and tokens | layers' states | evaluation, ms | step, ms | step ÷ evaluation | peak above the model, GB | estimate, GB |");
        Console.WriteLine("|---|---|---|---|---|---|---|---|");
    }

    /// <summary>Prints two rows: with layers' states computed again in the backward pass, and kept.</summary>
    /// <param name="device">The processor if null. The memory is the process's.</param>
    static void Measure(string name, string folder, ScalarType type, Work work, int rounds, Device? device = null)
    {
        using var noGrad = no_grad();
        using var model = T5Model.Load(folder, device ?? CPU, _ => type);
        var loaded = ResidentMemory.Reset();
        var settings = Settings with { Rank = work.Rank, Alpha = 2 * work.Rank, Scope = work.Scope };
        using var factors = TuningStart.New(model, settings, seed: 1);
        using var optimizer = new AdamW(factors.Trained, Settings.WeightDecay, AdamW.UsualNorm);
        var (inputs, targets) = (RandomRows(work.Rows, work.InputTokens, 1), RandomRows(work.Rows, work.TargetTokens, 2));
        using var examples = new FewShotExamples(model, inputs, targets);
        using var rows = TokenRows.Of(inputs, model.Device);
        using var answers = new TeacherForcing(model, targets);
        var memory = new StepMemory(model, factors, hasDropout: false);
        using var gradient = new GradientT5(model, factors, memory.KeepsTransposes);
        foreach (var recompute in (bool[])[true, false]) // the second leaves more memory behind
        {
            var (evaluations, steps) = (new List<double>(), new List<double>());
            Step(1);
            Evaluate();
            ResidentMemory.Reset();
            for (var round = 0; round < rounds; round++)
            {
                evaluations.Add(Timed.Seconds(Evaluate));
                steps.Add(Timed.Seconds(() => Step(round + 2)));
            }

            var estimate = recompute ? memory.Recomputed(work.Rows, work.InputTokens, work.TargetTokens)
                : memory.Kept(work.Rows, work.InputTokens, work.TargetTokens);
            estimate += memory.KeepsTransposes ? model.Weights.PackedBytes : 0;
            var (evaluation, step) = (Timed.Median(evaluations), Timed.Median(steps));
            Console.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"| {name} | {work.Name} | {(recompute ? "computed again" : "kept")} | {evaluation * 1000:0.0} | {step * 1000:0.0} "
                + $"| {step / evaluation:0.00} "
                + $"| {(ResidentMemory.Peak() - loaded) / 1e9:0.00} | {estimate / 1e9:0.00} |"));

            void Step(int number)
            {
                factors.ClearGradient();
                gradient.Backward(rows, answers, 1.0 / answers.Counted, recompute: recompute);
                optimizer.Step(factors.Gradient, Settings.LearningRate, number);
            }
        }

        void Evaluate()
        {
            using var scope = NewDisposeScope();
            examples.MeanTokenLosses(factors.ToLayers(type));
        }
    }

    static TuningSettings Settings { get; } = new()
    {
        Rank = 16,
        Alpha = 32,
        TargetModules = ["q", "v"],
        Scope = TuningScope.All,
        LearningRate = 1e-3,
        Schedule = LearningRateSchedule.Constant,
        Steps = 1,
        BatchSize = 8,
        Warmup = 0,
        WeightDecay = 0.01,
        Dropout = 0,
        Validation = 0,
        EarlyStopping = 0,
        MaxTokens = 130,
    };

    static int[][] RandomRows(int rows, int tokens, int seed)
    {
        var random = new Random(seed);
        return [.. Enumerable.Range(0, rows).Select(_ => Enumerable.Range(0, tokens - 1).Select(_ => random.Next(2, 4_000)).Append(1).ToArray())];
    }

    sealed record Work(string Name, int Rows, int InputTokens, int TargetTokens, int Rank, TuningScope Scope);
}
