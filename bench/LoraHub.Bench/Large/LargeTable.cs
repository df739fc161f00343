using System.Globalization;

using LoraHub.Inference.T5;
using LoraHub.Plain;

using static TorchSharp.torch;

namespace LoraHub.Bench.Large;

/// <summary>Prints the engine's figures for FLAN-T5-large's shape as Markdown. Compared variants run interleaved in one process.</summary>
static class LargeTable
{
    const int Rounds = 9;
    const int WarmUps = 2;

    /// <param name="folder">The folder of the random model and modules, written if missing: 3.1 GB, and 19 MB for each of 196 modules.</param>
    public static void Print(string folder)
    {
        var rounds = Interleaved(folder);
        var generation = Generation.Measure(folder);
        var prediction = FreshProcess.MeasurePrediction(folder);
        var (one, twenty, all) = (
            FreshProcess.Measure(folder, 1), FreshProcess.Measure(folder, LargeWork.Modules), FreshProcess.Measure(folder, 196));
        var mini = MiniEvaluation.Measure();
        var (plain, fp32, fastest) = (
            Median(rounds, round => round.Plain), Median(rounds, round => round.Fp32), Median(rounds, round => round.Fastest));
        var ceiling = Median(rounds, round => round.Ceiling);
        var operations = LargeArithmetic.Operations(RandomT5.Large, LargeWork.Inputs, LargeWork.Targets);
        var speed = operations / twenty.Evaluation;
        var compose = Median(rounds, round => round.Compose);
        var type = LargeWork.FastestName;

        Console.WriteLine(Machine.Describe());
        Console.WriteLine();
        Console.WriteLine("| figure | measured | at least | aim |");
        Console.WriteLine("|---|---|---|---|");
        if (IsHalf)
        {
            Row(
                "one evaluation in bf16, against the reference's plain shape in fp32",
                $"{plain / fastest:0.00}× ({fastest * 1000:0} against {plain * 1000:0} ms)", "3.3×", "4×");
        }

        Row(
            "one evaluation in fp32, against the reference's plain shape in fp32",
            $"{plain / fp32:0.00}× ({fp32 * 1000:0} against {plain * 1000:0} ms)", "1.75×", "1.9×");
        Row(
            $"share of the packed {type} ceiling, separate process",
            $"{speed / twenty.Ceiling:P0} ({speed / 1e9:0} of {twenty.Ceiling / 1e9:0} GFLOP/s; {twenty.Evaluation * 1000:0} ms)", "80 %", "90 %");
        Row(
            "the same, interleaved with the other models",
            $"{operations / fastest / ceiling:P0} ({operations / fastest / 1e9:0} of {ceiling / 1e9:0} GFLOP/s)", "", "");
        Row(
            "prediction of 40 evaluations ÷ its evaluations' time",
            $"{prediction.Total / prediction.Evaluations:0.000} ({prediction.Total:0.0} s)", "1.05", "1.02");
        Row("composing 20 modules, share of an evaluation", $"{compose / fastest:P1} ({compose * 1000:0.0} ms)", "2 %", "1 %");
        Row(
            "a token for 5 rows, against no cache at 32 tokens",
            $"{generation.Uncached / generation.Cached:0.0}× ({generation.Cached * 1000:0} against {generation.Uncached * 1000:0} ms)", "6×", "8×");
        Row(
            $"base model on disk to first evaluation, {type}, cached pages",
            $"{one.Load:0.0} s; allocating the memory alone takes {one.FirstTouch:0.0} s", "3 s", "1.5 s");
        Row($"memory during a search, {type}, 20 modules", $"{twenty.Memory / 1e9:0.00} GB", "2.4 GB in bf16", "2.0 GB");
        Row(
            "196 modules: added memory; composing",
            $"{(all.Memory - one.Memory) / 1e9:0.00} GB; {all.Compose * 1000:0} ms", "2.0 GB in bf16; 120 ms", "");
        Row(
            "shipped model: share of an evaluation outside matrix products",
            $"{1 - (mini.Products / mini.Evaluation):P0} ({mini.Evaluation * 1000:0.0} ms in all)", "50 %", "25 %");
        Row("managed memory allocated per evaluation", $"{Median(rounds, round => round.Allocated) / 1024:0} KiB", "", "");
    }

    static bool IsHalf => LargeWork.Fastest == ScalarType.BFloat16;

    static List<Round> Interleaved(string folder)
    {
        using var noGrad = no_grad();
        using var fastest = new LargeWork(folder, LargeWork.Fastest);
        using var fp32 = IsHalf ? new LargeWork(folder, ScalarType.Float32) : null;
        using var plain = PlainT5.Load(Path.Combine(folder, RandomT5.Id), ScalarType.Float32);
        using var modules = PlainModules.Load([.. fastest.ModuleFolders], ScalarType.Float32);
        var rounds = new List<Round>();
        for (var i = 0; i < Rounds + WarmUps; i++)
        {
            var weights = fastest.Weights(i);
            var before = GC.GetAllocatedBytesForCurrentThread();
            fastest.Evaluate(weights); // also warms the caches, as in a search
            var allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            rounds.Add(new Round(
                Fastest: Timed.Seconds(() => fastest.Evaluate(weights)),
                Compose: Timed.Seconds(() => Compose(fastest, weights)),
                Ceiling: LargeArithmetic.Ceiling(LargeWork.Fastest),
                Fp32: Timed.Seconds(() => (fp32 ?? fastest).Evaluate(weights)),
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
        model.Loss(
            PaddedRows.Ids(LargeWork.Inputs, 0),
            PaddedRows.Mask(LargeWork.Inputs),
            PaddedRows.Ids(LargeWork.Targets, TeacherForcing.Ignored),
            modules.Compose(weights));
    }

    static double Median(List<Round> rounds, Func<Round, double> value) => Timed.Median(rounds.Select(value));

    static void Row(string figure, FormattableString measured, string least, string aim) =>
        Console.WriteLine($"| {figure} | {measured.ToString(CultureInfo.InvariantCulture)} | {least} | {aim} |");

    /// <summary>Times in seconds, the ceiling in operations a second, allocations in bytes.</summary>
    sealed record Round(double Plain, double Fp32, double Fastest, double Compose, double Ceiling, double Allocated);
}
