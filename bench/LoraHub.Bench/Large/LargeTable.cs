using System.Globalization;

using LoraHub.Inference.T5;
using LoraHub.Plain;

using static TorchSharp.torch;

namespace LoraHub.Bench.Large;

/// <summary>The figures of the engine on a model of FLAN-T5-large's shape, as Markdown. What is compared is interleaved in one process.</summary>
static class LargeTable
{
    const int Rounds = 9;
    const int WarmUps = 2;

    /// <param name="folder">Where the random model and modules lie or are made: 3.1 GB, and 19 MB for each of 196 modules.</param>
    public static void Print(string folder)
    {
        var rounds = Interleaved(folder);
        var generation = Generation.Measure(folder);
        var prediction = FreshProcess.MeasurePrediction(folder);
        var (one, twenty, all) = (FreshProcess.Measure(folder, 1), FreshProcess.Measure(folder, LargeWork.Modules), FreshProcess.Measure(folder, 196));
        var mini = MiniEvaluation.Measure();
        var (plain, fp32, bf16) = (Median(rounds, round => round.Plain), Median(rounds, round => round.Fp32), Median(rounds, round => round.Bf16));
        var ceiling = Median(rounds, round => round.Ceiling);
        var operations = LargeArithmetic.Operations(RandomT5.Large, LargeWork.Inputs, LargeWork.Targets);
        var compose = Median(rounds, round => round.Compose);

        Console.WriteLine(Machine.Describe());
        Console.WriteLine();
        Console.WriteLine("| figure | measured | at least | aim |");
        Console.WriteLine("|---|---|---|---|");
        Row("one evaluation in bf16, against the plain fp32 shape of the reference", $"{plain / bf16:0.00}× ({bf16 * 1000:0} against {plain * 1000:0} ms)", "3.3×", "4×");
        Row("the same in fp32", $"{plain / fp32:0.00}× ({fp32 * 1000:0} ms)", "1.75×", "1.9×");
        Row("of the packed bf16 ceiling, in a process of its own", $"{operations / twenty.Evaluation / twenty.Ceiling:P0} ({operations / twenty.Evaluation / 1e9:0} of {twenty.Ceiling / 1e9:0} GFLOP/s; {twenty.Evaluation * 1000:0} ms)", "80 %", "90 %");
        Row("the same, between evaluations of the other two", $"{operations / bf16 / ceiling:P0} ({operations / bf16 / 1e9:0} of {ceiling / 1e9:0} GFLOP/s)", "", "");
        Row("a prediction of 40 evaluations, divided by its evaluations", $"{prediction.Total / prediction.Evaluations:0.000} ({prediction.Total:0.0} s)", "1.05", "1.02");
        Row("composing 20 modules, share of an evaluation", $"{compose / bf16:P1} ({compose * 1000:0.0} ms)", "2 %", "1 %");
        Row("a token of 5 rows, against no cache at 32 tokens", $"{generation.Uncached / generation.Cached:0.0}× ({generation.Cached * 1000:0} against {generation.Uncached * 1000:0} ms)", "6×", "8×");
        Row("base model on disk to first evaluation, cached pages", $"{one.Load:0.0} s; the system alone takes {one.FirstTouch:0.0} s to hand out the memory", "3 s", "1.5 s");
        Row("memory while searching, bf16, 20 modules", $"{twenty.Memory / 1e9:0.00} GB", "2.4 GB", "2.0 GB");
        Row("196 modules: added memory; composing", $"{(all.Memory - one.Memory) / 1e9:0.00} GB; {all.Compose * 1000:0} ms", "2.0 GB; 120 ms", "");
        Row("shipped model: an evaluation's time outside its products", $"{1 - (mini.Products / mini.Evaluation):P0} ({mini.Evaluation * 1000:0.0} ms in all)", "50 %", "25 %");
        Row("managed memory allocated by an evaluation", $"{Median(rounds, round => round.Allocated) / 1024:0} KiB", "", "");
    }

    static List<Round> Interleaved(string folder)
    {
        using var noGrad = no_grad();
        using var bf16 = new LargeWork(folder, ScalarType.BFloat16);
        using var fp32 = new LargeWork(folder, ScalarType.Float32);
        using var plain = PlainT5.Load(Path.Combine(folder, RandomT5.Id), ScalarType.Float32);
        using var modules = PlainModules.Load([.. bf16.ModuleFolders], ScalarType.Float32);
        var rounds = new List<Round>();
        for (var i = 0; i < Rounds + WarmUps; i++)
        {
            var weights = bf16.Weights(i);
            var before = GC.GetAllocatedBytesForCurrentThread();
            bf16.Evaluate(weights); // also brings the caches to where they are in a search
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            rounds.Add(new Round(
                Bf16: Timed.Seconds(() => bf16.Evaluate(weights)),
                Compose: Timed.Seconds(() => Compose(bf16, weights)),
                Ceiling: LargeArithmetic.Ceiling(ScalarType.BFloat16),
                Fp32: Timed.Seconds(() => fp32.Evaluate(weights)),
                Plain: Timed.Seconds(() => Evaluate(plain, modules, weights)),
                Allocated: allocated));
            Console.Error.WriteLine($"round {i + 1} of {Rounds + WarmUps}: {rounds[^1]}");
        }

        return rounds[WarmUps..];
    }

    static void Compose(LargeWork work, double[] weights)
    {
        using var scope = NewDisposeScope();
        work.Composition.Compose([weights]);
    }

    static void Evaluate(PlainT5 model, PlainModules modules, double[] weights)
    {
        using var scope = NewDisposeScope();
        model.Loss(PaddedRows.Ids(LargeWork.Inputs, 0), PaddedRows.Mask(LargeWork.Inputs), PaddedRows.Ids(LargeWork.Targets, TeacherForcing.Ignored), modules.Compose(weights));
    }

    static double Median(List<Round> rounds, Func<Round, double> value) => Timed.Median(rounds.Select(value));

    static void Row(string figure, FormattableString measured, string least, string aim) =>
        Console.WriteLine($"| {figure} | {measured.ToString(CultureInfo.InvariantCulture)} | {least} | {aim} |");

    /// <summary>Seconds; operations a second; bytes.</summary>
    sealed record Round(double Plain, double Fp32, double Bf16, double Compose, double Ceiling, double Allocated);
}
