using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;
using LoraHub.Modules.Versions;

namespace LoraHub.Inference.Tests.Predictions;

/// <summary>Requests about the bundle's tasks, and readers of their results.</summary>
static class TaskRequest
{
    /// <summary>The 28 modules of the bundle's table: all of the common layout except the one that only tests a file format.</summary>
    public static IReadOnlyList<ModuleVersion> Modules { get; } =
    [
        .. TestModels.Catalog().List()
            .Where(module => module.Problem is null && module.Id != "lorahub/t5_mini-parity_safetensors")
            .GroupBy(module => module.Layout)
            .MaxBy(layout => layout.Count())!,
    ];

    /// <summary>A request's JSON: the task's examples, test inputs, optionally with their answers, and the given fields.</summary>
    /// <param name="fields">The content of a JSON object, without braces.</param>
    public static string Of(string task, string fields, int examples = TaskFile.Examples, int tests = 0, bool hasTestOutputs = true)
    {
        var file = TaskFile.Read(task);
        var request = JsonNode.Parse($"{{{fields}}}")!.AsObject();
        request["example_inputs"] = Lines(file.Inputs.Take(examples));
        request["example_outputs"] = Lines(file.Targets.Take(examples));
        if (tests > 0)
        {
            request["test_inputs"] = Lines(file.TestInputs.Take(tests));
        }

        if (tests > 0 && hasTestOutputs)
        {
            request["test_outputs"] = Lines(file.TestTargets.Take(tests));
        }

        return request.ToJsonString();
    }

    public static SearchTrace Trace(Answer answer) => JsonSerializer.Deserialize<SearchTrace>(File.ReadAllText(answer.Result.TraceFile!))!;

    public static string Card(Answer answer)
    {
        using var zip = System.IO.Compression.ZipFile.OpenRead(answer.Result.AdapterFile);
        using var reader = new StreamReader(zip.GetEntry("README.md")!.Open());
        return reader.ReadToEnd();
    }

    static string Lines(IEnumerable<string> texts) => JsonSerializer.Serialize(texts);
}
