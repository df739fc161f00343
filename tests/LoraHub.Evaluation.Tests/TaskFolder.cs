using System.Text.Json.Nodes;

namespace LoraHub.Evaluation.Tests;

/// <summary>A folder of made-up tasks, deleted with the test.</summary>
sealed class TaskFolder : IDisposable
{
    public string Path { get; } = Directory.CreateTempSubdirectory("lorahub-tasks-").FullName;

    public static string Lines(int count, string name = "q") =>
        string.Concat(Enumerable.Range(0, count).Select(i => Line($"{name}{i}", $"a{i}").ToJsonString() + "\n"));

    /// <summary>In the shape of BIG-bench-hard.</summary>
    public static string Document(int count) => new JsonObject
    {
        ["canary"] = "made up",
        ["examples"] = new JsonArray([.. Enumerable.Range(0, count).Select(i => Line($"q{i}", $"a{i}"))]),
    }.ToJsonString();

    public static EvaluationTask Task(string name, int tests) => new(
        name, new string(name[0], 64), [.. Enumerable.Range(0, 5).Select(i => new TaskLine($"q{i}", $"a{i}"))],
        [.. Enumerable.Range(5, tests).Select(i => new TaskLine($"q{i}", $"a{i}"))]);

    public string Write(string name, string content)
    {
        var path = System.IO.Path.Combine(Path, name);
        File.WriteAllText(path, content);
        return path;
    }

    public void Dispose() => Directory.Delete(Path, recursive: true);

    static JsonObject Line(string input, string target) => new() { ["input"] = input, ["target"] = target };
}
