using System.Diagnostics;
using System.Globalization;

using static TorchSharp.torch;

namespace LoraHub.Bench.Large;

/// <summary>What only a process of its own can tell: how long loading takes, how much memory a search holds.</summary>
static class FreshProcess
{
    public const string Verb = "fresh";

    const int Evaluations = 9;

    /// <returns>Seconds from nothing loaded to the first loss; resident bytes after some evaluations; seconds of composing.</returns>
    public static (double Load, double Memory, double Compose) Measure(string folder, int modules)
    {
        RandomModules.Make(folder, RandomT5.Large, modules);
        using var process = Process.Start(new ProcessStartInfo("dotnet", [typeof(FreshProcess).Assembly.Location, "large", folder, Verb, $"{modules}"]) { RedirectStandardOutput = true, UseShellExecute = false })!;
        var figures = process.StandardOutput.ReadToEnd().Split(' ').Select(figure => double.Parse(figure, CultureInfo.InvariantCulture)).ToArray();
        process.WaitForExit();
        return (figures[0], figures[1], figures[2]);
    }

    /// <summary>What the process does.</summary>
    public static void Run(string folder, int modules)
    {
        using var noGrad = no_grad();
        LargeWork? work = null;
        var load = Timed.Seconds(() =>
        {
            work = new LargeWork(folder, ScalarType.BFloat16, modules);
            work.Evaluate(work.Weights(0));
        });
        var compose = new List<double>();
        for (var i = 1; i <= Evaluations; i++)
        {
            work!.Evaluate(work.Weights(i));
            using var scope = NewDisposeScope();
            compose.Add(Timed.Seconds(() => work.Composition.Compose([work.Weights(i)])));
        }

        using var self = Process.GetCurrentProcess();
        Console.Write(string.Create(CultureInfo.InvariantCulture, $"{load} {self.WorkingSet64} {Timed.Median(compose)}"));
        work!.Dispose();
    }
}
