using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Api.Trainings;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Api.Commands;

/// <summary>The examples of a file, and the inputs to answer: the lines without an output.</summary>
/// <param name="Examples">At least one, each with its output.</param>
sealed record Dataset(IReadOnlyList<(string Input, string Output)> Examples, IReadOnlyList<string> Tests)
{
    const string Option = "--dataset", Input = "input", Output = "output";

    /// <summary>Other names of the output column, in the order of preference.</summary>
    static readonly string[] OutputNames = [Output, "target"];

    /// <param name="path"><c>*.jsonl</c>, <c>*.csv</c> or <c>*.tsv</c>.</param>
    /// <param name="most">The maximum number of bytes.</param>
    /// <exception cref="UsageException">The file is missing or malformed, or has no example.</exception>
    public static Dataset Read(string path, long most)
    {
        var kind = Path.GetExtension(path).ToLowerInvariant();
        if (kind is not (".jsonl" or ".csv" or ".tsv"))
        {
            throw new UsageException($"{Option}: `{path}` must be a .jsonl, .csv or .tsv file.");
        }

        var text = TextFile.Read(Option, path, most);
        var rows = kind == ".jsonl" ? ReadJson(path, text) : ReadTable(path, text, kind == ".csv" ? ',' : '\t');
        var dataset = new Dataset(
            [.. rows.Where(row => row.Output is not null).Select(row => (row.Input, row.Output!))],
            [.. rows.Where(row => row.Output is null).Select(row => row.Input)]);
        return dataset.Examples.Count > 0
            ? dataset
            : throw new UsageException($"{Option}: `{path}` has no example; at least one line needs an `{Input}` and an `{Output}`.");
    }

    /// <exception cref="UsageException">The inputs have examples already.</exception>
    public void AddTo(JsonObject inputs)
    {
        Add(inputs, InputSchema.ExampleInputs, Examples.Select(example => example.Input));
        Add(inputs, InputSchema.ExampleOutputs, Examples.Select(example => example.Output));
        if (Tests.Count > 0)
        {
            Add(inputs, InputSchema.TestInputs, Tests);
        }
    }

    static void Add(JsonObject inputs, string name, IEnumerable<string> lines)
    {
        if (!inputs.TryAdd(name, new JsonArray([.. lines.Select(line => (JsonNode)line)])))
        {
            throw new UsageException($"{name} is in {Option} already; leave out -i {name}.");
        }
    }

    static List<(string Input, string? Output)> ReadJson(string path, string text)
    {
        var rows = new List<(string, string?)>();
        foreach (var (index, line) in text.Split('\n').Index())
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                rows.Add(ParseRow(line) ?? throw new UsageException(
                    $"{Option}: `{path}`, line {index + 1}: a line is a JSON object such as "
                    + """{"input": "a question", "output": "its answer"}."""));
            }
        }

        return rows;
    }

    static (string Input, string? Output)? ParseRow(string line)
    {
        try
        {
            var row = JsonNode.Parse(line, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject;
            var output = OutputNames.Select(name => row?[name]).FirstOrDefault(node => node is not null);
            return row?[Input]?.GetValue<string>() is { } input ? (input, output?.GetValue<string>()) : null;
        }
        catch (Exception exception) when (exception is JsonException or InvalidOperationException)
        {
            return null; // also a value that is not a string, and an escape with half a surrogate pair
        }
    }

    static List<(string Input, string? Output)> ReadTable(string path, string text, char separator)
    {
        var rows = new List<(string, string?)>();
        var table = DelimitedText.Read(
            text.Split('\n'), separator, line => new UsageException($"{Option}: `{path}`, line {line}: a quoted cell does not end.")).ToList();
        var heading = table.Count > 0 ? table[0].Cells.Select(cell => cell.Trim().ToLowerInvariant()).ToList() : [];
        var input = heading.IndexOf(Input);
        var output = OutputNames.Select(name => heading.IndexOf(name)).FirstOrDefault(column => column >= 0, -1);
        if (input < 0 || output < 0)
        {
            throw new UsageException($"{Option}: the first line of `{path}` must name the columns `{Input}` and `{Output}`.");
        }

        foreach (var (line, cells) in table.Skip(1))
        {
            if (cells.Count != heading.Count)
            {
                throw new UsageException($"{Option}: `{path}`, line {line}: it has {cells.Count} cells, but the first line has {heading.Count}; "
                    + "put cells with separators or line breaks into double quotes.");
            }

            rows.Add((cells[input], cells[output].Length == 0 ? null : cells[output]));
        }

        return rows;
    }
}
