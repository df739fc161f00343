using BenchmarkDotNet.Configs;
using BenchmarkDotNet.Diagnosers;
using BenchmarkDotNet.Exporters;
using BenchmarkDotNet.Loggers;
using BenchmarkDotNet.Order;
using BenchmarkDotNet.Reports;
using BenchmarkDotNet.Running;

using Perfolizer.Horology;

using TorchSharp;

namespace LoraHub.Bench.Micro;

/// <summary>Measures each part of a prediction outside the model with BenchmarkDotNet.</summary>
static class MicroBenchmarks
{
    // BenchmarkDotNet's generated project would miss the patch that build/LibTorchSharp.targets applies to the output folder.
    static readonly string[] Always = ["--inProcess"];

    static readonly (string Option, string Short, string[] Values)[] UnlessGiven =
    [
        ("--filter", "-f", ["*"]),
        ("--job", "-j", ["short", "--iterationCount", "9", "--iterationTime", "250"]),
    ];

    /// <summary>Runs the benchmarks and prints one Markdown table after BenchmarkDotNet's log.</summary>
    /// <param name="arguments">BenchmarkDotNet's arguments; they override this program's defaults.</param>
    /// <returns>The exit code.</returns>
    public static int Print(string[] arguments)
    {
        // The work is small. With two threads, a neighbor on one of the cores would dominate the time, since libgomp's threads wait for one another.
        torch.set_num_threads(1);
        var missing = UnlessGiven
            .Where(pair => !arguments.Contains(pair.Option) && !arguments.Contains(pair.Short))
            .SelectMany(pair => (string[])[pair.Option, .. pair.Values]);
        var summaries = BenchmarkSwitcher
            .FromAssembly(typeof(MicroBenchmarks).Assembly)
            .Run([.. Always, .. arguments, .. missing], Config())
            .ToArray();
        foreach (var summary in summaries)
        {
            MarkdownExporter.GitHub.ExportToLog(summary, ConsoleLogger.Default);
        }

        return Array.TrueForAll(summaries, Succeeded) ? 0 : 1;
    }

    static ManualConfig Config() => ManualConfig.CreateMinimumViable()
        .AddDiagnoser(new MemoryDiagnoser(new MemoryDiagnoserConfig(displayGenColumns: false)))
        .AddExporter(MarkdownExporter.GitHub)
        .WithOrderer(new DefaultOrderer(SummaryOrderPolicy.Declared, MethodOrderPolicy.Declared))
        .WithSummaryStyle(SummaryStyle.Default.WithMaxParameterColumnWidth(60).WithTimeUnit(TimeUnit.Microsecond))
        .WithArtifactsPath(Path.Combine(Repository.Root, "artifacts", "micro"))
        .WithOption(ConfigOptions.JoinSummary, value: true);

    static bool Succeeded(Summary summary) => !summary.HasCriticalValidationErrors && summary.Reports.All(report => report.Success);
}
