using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Core.Trainings;

namespace LoraHub.Api.Trainings;

/// <summary>Training data cannot be used. The message, which quotes nothing of the data, names the line and the cure.</summary>
sealed class TrainingDataException(string message) : Exception(message)
{
    /// <summary>Whether the data exceeds a limit in bytes.</summary>
    public bool IsTooLarge { get; init; }
}

/// <summary>The form of training data.</summary>
/// <param name="Format">JSON Lines, or CSV and its separator.</param>
/// <param name="Input">The name of the examples' inputs; that of the first example.</param>
/// <param name="Target">The name of their targets.</param>
/// <param name="Ignored">The names of what is not read.</param>
sealed record DataShape(string Format, string Input, string Target, IReadOnlyList<string> Ignored);

/// <summary>Reads the examples of training data one at a time: JSON Lines, or CSV with a header.</summary>
static class TrainingText
{
    const string Columns = "`input` and `target` (or `prompt` and `completion`)";

    const int MostValues = 1000;

    /// <summary>The names of an example's parts, in the order of preference.</summary>
    static readonly (string Input, string Target)[] Names = [("input", "target"), ("prompt", "completion"), ("input", "output")];

    /// <param name="content">Seekable.</param>
    /// <param name="found">Is called once, before the first example.</param>
    /// <exception cref="TrainingDataException"/>
    public static IEnumerable<TrainingExample> Read(Stream content, Action<DataShape>? found = null)
    {
        var first = Utf8Lines.Read(content).FirstOrDefault(line => !string.IsNullOrWhiteSpace(line))?.TrimStart();
        content.Position = 0;
        var lines = Utf8Lines.Read(content);
        return first switch
        {
            null => throw new TrainingDataException($"The data is empty; give one example a line, with {Columns}."),
            ['{', ..] => ReadObjects(lines, found),
            ['[', ..] => throw new TrainingDataException("The data is a JSON array; write one object a line instead (JSON Lines)."),
            _ => ReadTable(lines, first.Contains('\t', StringComparison.Ordinal) ? '\t' : ',', found),
        };
    }

    static IEnumerable<TrainingExample> ReadObjects(IEnumerable<string> lines, Action<DataShape>? found)
    {
        foreach (var (index, text) in lines.Index())
        {
            if (!string.IsNullOrWhiteSpace(text))
            {
                yield return ReadObject(text, index + 1, found);
                found = null;
            }
        }
    }

    static TrainingExample ReadObject(string text, int line, Action<DataShape>? found)
    {
        var row = Parse(text, line) as JsonObject
            ?? throw new TrainingDataException($"Line {line} is not a JSON object; a line is an object with {Columns}.");
        var (input, target) = Names.FirstOrDefault(pair => row.ContainsKey(pair.Input) && row.ContainsKey(pair.Target));
        if (input is null)
        {
            throw new TrainingDataException($"Line {line} does not have {Columns}.");
        }

        found?.Invoke(new DataShape("JSON Lines", input, target, [.. row.Select(member => member.Key).Except([input, target])]));
        return new TrainingExample(TextOf(row[input], input, line), TextOf(row[target], target, line));
    }

    static JsonNode? Parse(string text, int line)
    {
        try
        {
            return BoundedJson.Parse(text, MostValues);
        }
        catch (JsonException exception)
        {
            var what = exception.BytePositionInLine is { } at ? $"byte {at + 1}" : BoundedJson.Describe(exception);
            throw new TrainingDataException($"Line {line} is not valid JSON ({what}); a line is a whole object with {Columns}.");
        }
        catch (TooManyValuesException)
        {
            throw new TrainingDataException($"Line {line} has more than {MostValues} values; an example needs {Columns} alone.");
        }
    }

    static string TextOf(JsonNode? value, string name, int line) => value?.GetValueKind() == JsonValueKind.String
        ? Checked(value.GetValue<string>(), name, line)
        : throw new TrainingDataException(
            $"Line {line}: `{name}` is {(value is null ? "null" : $"of type {$"{value.GetValueKind()}".ToLowerInvariant()}")}; it must be a string.");

    static string Checked(string text, string name, int line) => string.IsNullOrWhiteSpace(text)
        ? throw new TrainingDataException($"Line {line}: `{name}` is empty; complete the example or leave it out.")
        : text;

    static IEnumerable<TrainingExample> ReadTable(IEnumerable<string> lines, char separator, Action<DataShape>? found)
    {
        var rows = DelimitedText.Read(
            lines,
            separator,
            line => new TrainingDataException($"Line {line}: a quoted cell does not end; double the quotes within a cell."),
            Utf8Lines.Longest);
        Header? header = null;
        foreach (var (line, cells) in rows)
        {
            if (header is null)
            {
                string[] names = [.. cells.Select(cell => cell.Trim().ToLowerInvariant())];
                header = Header.Of([.. names], line);
                found?.Invoke(new DataShape(
                    separator == '\t' ? "CSV, separated by tabs" : "CSV, separated by commas",
                    header.InputName,
                    header.TargetName,
                    [.. names.Except([header.InputName, header.TargetName])]));
            }
            else if (cells.Count == header.Count)
            {
                yield return new TrainingExample(
                    Checked(cells[header.Input], header.InputName, line), Checked(cells[header.Target], header.TargetName, line));
            }
            else
            {
                throw new TrainingDataException($"Line {line} has {cells.Count} cells, but the header has {header.Count}; "
                    + "put cells with separators or line breaks into double quotes.");
            }
        }
    }

    /// <summary>The columns of the two parts of an example.</summary>
    sealed record Header(int Count, int Input, string InputName, int Target, string TargetName)
    {
        public static Header Of(List<string> names, int line)
        {
            foreach (var (input, target) in Names)
            {
                if (names.IndexOf(input) is >= 0 and var first && names.IndexOf(target) is >= 0 and var second)
                {
                    return new Header(names.Count, first, input, second, target);
                }
            }

            var count = names.Count == 1 ? "one column" : $"{names.Count} columns";
            throw new TrainingDataException(
                $"Line {line} is taken for the header of a CSV with {count}; it must name {Columns}, separated by commas or tabs. "
                + "JSON Lines begin with `{`.");
        }
    }
}
