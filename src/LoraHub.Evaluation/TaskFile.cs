using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraHub.Evaluation;

/// <summary>
/// Reads tasks. <c>NAME.jsonl</c> has one object with <c>input</c> and <c>target</c> on each line; the first five are the examples.
/// <c>NAME.json</c> has BIG-bench-hard's format: such objects in an array <c>examples</c>. Five are drawn, as <c>reproduce_bbh.py</c> of
/// sail-sg/lorahub draws them.
/// </summary>
public static class TaskFile
{
    const string Lines = ".jsonl", Document = ".json";

    const string LineRule = "a task's line is a JSON object with the strings `input` and `target`";

    const ulong DrawSeed = 42;

    static readonly UTF8Encoding Utf8 = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);

    /// <summary>Reads all tasks of the folder, sorted by name and then by draw, and ignores other files.</summary>
    /// <param name="limit">The maximum number of test lines for each task, or null for all.</param>
    /// <param name="draws">The number of draws of the examples: each task is returned this many times.</param>
    /// <exception cref="EvaluationException">
    /// The folder is missing, contains no task, or contains an invalid one, or one with too few lines for the draws.
    /// </exception>
    public static IReadOnlyList<EvaluationTask> ReadFolder(string folder, int? limit, int draws = 1)
    {
        if (!Directory.Exists(folder))
        {
            throw new EvaluationException(
                File.Exists(folder) ? $"`{folder}` is a file; name the folder that contains the tasks." : $"There is no folder `{folder}`.");
        }

        var tasks = Directory.EnumerateFiles(folder)
            .Where(file => Path.GetExtension(file) is Lines or Document)
            .Order(StringComparer.Ordinal)
            .Select(file => CheckLines(file, Read(file), draws))
            .OrderBy(task => task.Name, StringComparer.Ordinal)
            .ToArray();
        if (tasks.Length == 0)
        {
            throw new EvaluationException($"There is no task in `{folder}`: no file *{Lines} or *{Document}.");
        }

        return tasks.CountBy(task => task.Name, StringComparer.Ordinal).FirstOrDefault(name => name.Value > 1).Key is { } twice
            ? throw new EvaluationException($"`{folder}` holds two tasks named {twice}; rename one.")
            : [.. tasks.SelectMany(task => Enumerable.Range(0, draws).Select(task.Redraw)).Select(task => Limit(task, limit))];
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
                $"`{file}` has {lines.Count} {(lines.Count == 1 ? "line" : "lines")}; a task needs at least {EvaluationTask.ExampleCount + 1}: "
                + $"{EvaluationTask.ExampleCount} examples and one test.");
        }

        if (isDocument)
        {
            new PythonRandom(DrawSeed).Shuffle(lines); // the tests stay shuffled too, so that a limit takes a random sample
        }

        return new EvaluationTask(
            Path.GetFileNameWithoutExtension(file), Convert.ToHexStringLower(SHA256.HashData(bytes)),
            [.. lines.Take(EvaluationTask.ExampleCount)], [.. lines.Skip(EvaluationTask.ExampleCount)]);
    }

    static EvaluationTask CheckLines(string file, EvaluationTask task, int draws)
    {
        var lines = task.Examples.Count + task.Tests.Count;
        return draws == 1 || lines >= EvaluationTask.LinesForDraws
            ? task
            : throw new EvaluationException(
                $"--example-draws {draws}: `{file}` has {lines} lines; several draws need at least {EvaluationTask.LinesForDraws}, "
                + $"{EvaluationTask.ExampleCount} examples and as many tests. Add lines, or use --example-draws 1.");
    }

    static EvaluationTask Limit(EvaluationTask task, int? limit) => task with { Tests = [.. task.Tests.Take(limit ?? int.MaxValue)] };

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
                lines.Add(TryParse(line, out _) is { } node && ToLine(node) is { } read
                    ? read
                    : throw new EvaluationException($"`{file}`, line {index + 1}: {LineRule}."));
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
            throw new EvaluationException($"`{file}` has no array `examples`, as BIG-bench-hard's files have.");
        }

        return [.. examples.Select((node, i) =>
            ToLine(node) ?? throw new EvaluationException($"`{file}`, example {i + 1} of the array: {LineRule}."))];
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
            return node is JsonObject line && line["input"] is JsonValue input && input.TryGetValue<string>(out var inputText)
                && line["target"] is JsonValue target && target.TryGetValue<string>(out var targetText)
                ? new TaskLine(inputText, targetText)
                : null;
        }
        catch (InvalidOperationException)
        {
            return null; // an escape with half a surrogate pair
        }
    }
}
