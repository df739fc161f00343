using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Web.Playground;

/// <summary>A task that the form can be filled with.</summary>
/// <param name="Key">The name in the page's address.</param>
/// <param name="Title">What the task is, in a few words.</param>
public sealed record Preset(string Key, string Title, PlaygroundInput Input)
{
    /// <summary>The tasks that ship with the program; from bench/tasks, which no module was trained on.</summary>
    public static IReadOnlyList<Preset> All { get; } = Read();

    /// <summary>A form without a task.</summary>
    public static Preset Empty { get; } = new("empty", "An empty form", new PlaygroundInput([], [], Tuned()));

    static IReadOnlyList<Preset> Read()
    {
        using var file = typeof(Preset).Assembly.GetManifestResourceStream($"{typeof(Preset).Namespace}.presets.json")!;
        return [.. JsonNode.Parse(file)!.AsArray().Select(task => new Preset(
            (string)task!["key"]!,
            (string)task["title"]!,
            new PlaygroundInput(Pairs(task["examples"]!), Pairs(task["tests"]!), Tuned())))];
    }

    static JsonObject Tuned() => new() { [InputSchema.Method] = "tuned" };

    static IReadOnlyList<(string, string)> Pairs(JsonNode rows) =>
        [.. rows.Deserialize<string[][]>()!.Select(row => (row[0], row[1]))];
}
