using System.Diagnostics;
using System.Globalization;

using static TorchSharp.torch;

namespace LoraHub.Bench.Large;

/// <summary>Measures loading, a search's memory and its undisturbed speed, each in a separate process.</summary>
static class FreshProcess
{
    public const string Verb = "fresh";

    const string Prediction = "prediction";
    const int Evaluations = 13;

    public static FreshFigures Measure(string folder, int modules)
    {
        RandomModules.Make(folder, RandomT5.Large, modules);
        var figures = Run(folder, $"{modules}");
        return new FreshFigures(figures[0], figures[1], figures[2], figures[3], figures[4], figures[5]);
    }

    /// <returns>Seconds of a whole prediction, and the sum of its evaluations.</returns>
    public static (double Total, double Evaluations) MeasurePrediction(string folder)
    {
        var figures = Run(folder, Prediction);
        return (figures[0], figures[1]);
    }

    /// <summary>Runs in the separate process and prints its figures.</summary>
    /// <param name="what">A number of modules to search with, or <c>prediction</c>.</param>
    public static void Work(string folder, string what)
    {
        var figures = what == Prediction ? Predict(folder) : Search(folder, int.Parse(what, CultureInfo.InvariantCulture));
        Console.Write(string.Join(' ', figures.Select(figure => figure.ToString(CultureInfo.InvariantCulture))));
    }

    static double[] Run(string folder, string what)
    {
        var start = new ProcessStartInfo("dotnet", [typeof(FreshProcess).Assembly.Location, "large", folder, Verb, what])
        {
            RedirectStandardOutput = true,
            UseShellExecute = false,
        };
        using var process = Process.Start(start)!;
        var figures = process.StandardOutput.ReadToEnd().Split(' ').Select(figure => double.Parse(figure, CultureInfo.InvariantCulture)).ToArray();
        process.WaitForExit();
        return figures;
    }

    static double[] Predict(string folder)
    {
        var (total, evaluations) = WholePrediction.Measure(folder);
        return [total, evaluations];
    }

    static double[] Search(string folder, int modules)
    {
        using var noGrad = no_grad();
        LargeWork? work = null;
        var load = Timed.Seconds(() =>
        {
            work = new LargeWork(folder, LargeWork.Fastest, modules);
            work.Evaluate(work.Weights(0));
        });
        var (evaluation, compose, ceiling) = (new List<double>(), new List<double>(), new List<double>());
        for (var i = 1; i <= Evaluations; i++)
        {
            evaluation.Add(Timed.Seconds(() => work!.Evaluate(work.Weights(i))));
            using (NewDisposeScope())
            {
                compose.Add(Timed.Seconds(() => work!.Composition.Compose([work.Weights(i)])));
            }

            ceiling.Add(LargeArithmetic.Ceiling(LargeWork.Fastest));
        }

        using var self = Process.GetCurrentProcess();
        double[] figures =
        [
            load, self.WorkingSet64, Timed.Median(compose), Timed.Median(evaluation[2..]), Timed.Median(ceiling), FirstTouch(work!.Model.Bytes),
        ];
        work.Dispose();
        return figures;
    }

    /// <summary>Times the first write to this much fresh memory: the least that loading can take.</summary>
    static double FirstTouch(long bytes) => Timed.Seconds(() =>
    {
        using var scope = NewDisposeScope();
        zeros(bytes, ScalarType.Byte);
    });
}

/// <param name="Load">Seconds from an empty process to the first loss.</param>
/// <param name="Memory">Resident bytes after the evaluations.</param>
/// <param name="Compose">Seconds.</param>
/// <param name="Evaluation">Seconds.</param>
/// <param name="Ceiling">Operations a second.</param>
/// <param name="FirstTouch">Seconds to allocate as much memory as the model takes.</param>
sealed record FreshFigures(double Load, double Memory, double Compose, double Evaluation, double Ceiling, double FirstTouch);
