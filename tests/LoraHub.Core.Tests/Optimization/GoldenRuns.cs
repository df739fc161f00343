using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoraHub.Core.Tests.Optimization;

/// <summary>The recorded searches of the Python reference under tests/golden.</summary>
static class GoldenRuns
{
    static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
    };

    /// <summary>COBYLA on test functions, by id.</summary>
    public static IReadOnlyDictionary<string, SearchRun> Search { get; } = Load<SearchRun>("search").ToDictionary(run => run.Id);

    /// <summary>Whole runs of the reference on the shipped bundle, by name and variant.</summary>
    public static IReadOnlyDictionary<string, ModelRun> Models { get; } = Load<ModelRun>("bundle").ToDictionary(run => $"{run.Run} {run.Variant}");

    public static string PathOf(params ReadOnlySpan<string> names)
    {
        var root = typeof(GoldenRuns).Assembly.GetCustomAttributes<AssemblyMetadataAttribute>().Single(data => data.Key == "RepositoryRoot").Value!;
        return Path.Combine([root, "tests", "golden", .. names]);
    }

    static IEnumerable<T> Load<T>(string folder) =>
        File.ReadLines(PathOf(folder, "runs.jsonl")).Select(line => JsonSerializer.Deserialize<T>(line, Options)!);
}

sealed record SearchRun(
    string Id, int N, int Budget, Objective Objective, double[][] Weights, double[] Values, double[] Recommendation, int RecommendedIndex);

sealed record ModelRun(
    string Run, string Variant, int N, int Budget, double[][] Weights, double[] Scores, double[] Recommendation, int RecommendedIndex);
