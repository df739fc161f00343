using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraHub.Api.Evaluation;

/// <summary>
/// Reads tasks. <c>NAME.jsonl</c>: an object a line with <c>input</c> and <c>target</c>, the first five are the examples. <c>NAME.json</c>, as BIG-bench-hard has it:
/// such objects in an array <c>examples</c>, of which five are drawn as <c>reproduce_bbh.py</c> of sail-sg/lorahub draws them.
/// </summary>
static class TaskFile
{
    const string Lines = ".jsonl", Document = ".json";

    const string Wanted = "a task's line is a JSON object with the texts `input` and `target`";

    const ulong DrawSeed = 42;

    static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>All tasks of the folder, by name; other files in it are none of ours.</summary>
    /// <param name="limit">The most test lines to take of each, or null for all.</param>
    /// <exception cref="EvaluationException">There is no such folder, no task in it, or one that is broken.</exception>
    public static IReadOnlyList<EvaluationTask> ReadFolder(string folder, int? limit)
    {
        if (!Directory.Exists(folder))
        {
            throw new EvaluationException(File.Exists(folder) ? $"`{folder}` is a file; name the folder that holds the tasks." : $"There is no folder `{folder}`.");
        }

        var tasks = Directory.EnumerateFiles(folder)
            .Where(file => Path.GetExtension(file) is Lines or Document)
            .Order(StringComparer.Ordinal)
            .Select(Read)
            .Select(task => task with { Tests = [.. task.Tests.Take(limit ?? int.MaxValue)] })
            .OrderBy(task => task.Name, StringComparer.Ordinal)
            .ToArray();
        if (tasks.Length == 0)
        {
            throw new EvaluationException($"There is no task in `{folder}`: no file *{Lines} or *{Document}.");
        }

        return tasks.CountBy(task => task.Name, StringComparer.Ordinal).FirstOrDefault(name => name.Value > 1).Key is { } twice
            ? throw new EvaluationException($"`{folder}` holds two tasks named {twice}; rename one.")
            : tasks;
    }

    /// <inheritdoc cref="ReadFolder" path="/exception"/>
    public static EvaluationTask Read(string file)
    {
        var bytes = File.ReadAllBytes(file);
        var text = Decode(file, bytes);
        var isDocument = Path.GetExtension(file) == Document;
        var lines = isDocument ? ReadDocument(file, text) : ReadLines(file, text);
        if (lines.Count <= EvaluationTask.ExampleCount)
        {
            throw new EvaluationException(
                $"`{file}` holds {lines.Count} lines; a task has at least {EvaluationTask.ExampleCount + 1}: {EvaluationTask.ExampleCount} examples, and one to be tested on.");
        }

        if (isDocument)
        {
            new PythonRandom(DrawSeed).Shuffle(lines); // the rest stays shuffled, so that its first lines are a fair sample of it
        }

        return new EvaluationTask(
            Path.GetFileNameWithoutExtension(file), Convert.ToHexStringLower(SHA256.HashData(bytes)),
            [.. lines.Take(EvaluationTask.ExampleCount)], [.. lines.Skip(EvaluationTask.ExampleCount)]);
    }

    static string Decode(string file, byte[] bytes)
    {
        try
        {
            return Utf8.GetString(bytes).TrimStart('\uFEFF');
        }
        catch (DecoderFallbackException exception)
        {
            throw new EvaluationException($"`{file}` is not UTF-8.", exception);
        }
    }

    static List<TaskLine> ReadLines(string file, string text)
    {
        var lines = new List<TaskLine>();
        foreach (var (index, line) in text.Split('\n').Index())
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                lines.Add(TryParse(line, out _) is { } node && ToLine(node) is { } read ? read : throw new EvaluationException($"`{file}`, line {index + 1}: {Wanted}."));
            }
        }

        return lines;
    }

    static List<TaskLine> ReadDocument(string file, string text)
    {
        var document = TryParse(text, out var line);
        if (document is null)
        {
            throw new EvaluationException($"`{file}`, line {line}: it is not valid JSON.");
        }

        if ((document as JsonObject)?["examples"] is not JsonArray examples)
        {
            throw new EvaluationException($"`{file}` holds no array `examples` as a file of BIG-bench-hard does.");
        }

        return [.. examples.Select((node, i) => ToLine(node) ?? throw new EvaluationException($"`{file}`, example {i + 1} of the array: {Wanted}."))];
    }

    static JsonNode? TryParse(string json, out long line)
    {
        try
        {
            line = 0;
            return JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false });
        }
        catch (JsonException exception)
        {
            line = (exception.LineNumber ?? 0) + 1;
            return null;
        }
    }

    static TaskLine? ToLine(JsonNode? node)
    {
        try
        {
            return node is JsonObject line && line["input"] is JsonValue input && input.TryGetValue<string>(out var question)
                && line["target"] is JsonValue target && target.TryGetValue<string>(out var answer)
                ? new TaskLine(question, answer)
                : null;
        }
        catch (InvalidOperationException)
        {
            return null; // half a surrogate pair, as an escape
        }
    }
}
