using System.Text.Json.Nodes;
using LoraHub.Core.Predictions.Inputs;

namespace LoraHub.Api.Pages;

/// <summary>Reads the fields of a form as the input of a request: empty fields are not given.</summary>
static class PlaygroundForm
{
    /// <param name="fields">The inputs of the model.</param>
    /// <param name="tables">Pairs of inputs that the form sends as the two columns of a table.</param>
    public static JsonObject Read(IFormCollection form, IReadOnlyList<InputField> fields, IReadOnlyList<(string Left, string Right)> tables)
    {
        var input = new JsonObject();
        foreach (var (left, right) in tables)
        {
            ReadTable(form, left, right, input);
        }

        var columns = tables.SelectMany(table => new[] { table.Left, table.Right }).ToHashSet(StringComparer.Ordinal);
        foreach (var field in fields.Where(field => !columns.Contains(field.Name)))
        {
            if (Text(form, field.Name) is { Length: > 0 } text)
            {
                input[field.Name] = Value(field, text);
            }
        }

        return input;
    }

    /// <summary>Rows that are filled on one side only. An empty cell would count as an empty text.</summary>
    /// <param name="isOptional">Whether the right column may be empty as a whole.</param>
    public static IEnumerable<InputError> Gaps(JsonObject input, string left, string right, bool isOptional)
    {
        var (lefts, rights) = (Cells(input[left]), Cells(input[right]));
        if (Empty(lefts) is { Count: > 0 } noInput)
        {
            yield return new InputError(left, $"{Rows(noInput)} without an input: fill in the cell, or clear the row.", InputErrorKind.Invalid);
        }

        if (rights.Count == 0 && !isOptional && lefts.Count > 0)
        {
            yield return new InputError(right, "Give the right answer of every example.", InputErrorKind.Required);
        }
        else if (Empty(rights) is { Count: > 0 } noAnswer)
        {
            var rule = isOptional ? "give one in every row, or in none" : "fill in the cell, or clear the row";
            yield return new InputError(right, $"{Rows(noAnswer)} without a right answer: {rule}.", InputErrorKind.Invalid);
        }
    }

    /// <summary>The single value of a field, with the line breaks of every system as line feeds; empty if it is missing.</summary>
    public static string Text(IFormCollection form, string name) => Untrimmed(form, name).Trim();

    /// <summary>The same with its spaces, which may be a part of a prompt.</summary>
    public static string Untrimmed(IFormCollection form, string name) => Lines(form[name].ToString());

    static void ReadTable(IFormCollection form, string left, string right, JsonObject input)
    {
        var (lefts, rights) = (form[left], form[right]);
        var rows = Enumerable.Range(0, Math.Max(lefts.Count, rights.Count))
            .Select(row => (Left: Cell(lefts, row), Right: Cell(rights, row)))
            .Where(row => row.Left.Length + row.Right.Length > 0)
            .ToArray();
        if (rows.Length > 0)
        {
            input[left] = new JsonArray([.. rows.Select(row => (JsonNode)row.Left)]);
        }

        if (rows.Any(row => row.Right.Length > 0))
        {
            input[right] = new JsonArray([.. rows.Select(row => (JsonNode)row.Right)]);
        }
    }

    static IReadOnlyList<string> Cells(JsonNode? column) => column is JsonArray cells ? [.. cells.Select(cell => (string)cell!)] : [];

    /// <summary>The numbers of the rows that are empty here.</summary>
    static IReadOnlyList<int> Empty(IReadOnlyList<string> cells) =>
        [.. cells.Index().Where(cell => cell.Item.Length == 0).Select(cell => cell.Index + 1)];

    static string Rows(IReadOnlyList<int> rows)
    {
        const int Most = 5;
        var named = string.Join(", ", rows.Take(Most));
        return rows.Count == 1 ? $"Row {named} is" : $"Rows {named}{(rows.Count > Most ? $" and {rows.Count - Most} more" : "")} are";
    }

    static string Cell(Microsoft.Extensions.Primitives.StringValues column, int row) => row < column.Count ? Lines(column[row] ?? "") : "";

    static string Lines(string text) => text.ReplaceLineEndings("\n");

    /// <summary>What is not JSON stays text, so that the parser refuses it by name.</summary>
    static JsonNode Value(InputField field, string text) => field.Type switch
    {
        InputType.Integer or InputType.Number or InputType.Weights when Parse(text) is { } json => json,
        InputType.Boolean => text == "true",
        _ => text,
    };

    static JsonNode? Parse(string text)
    {
        try
        {
            return BoundedJson.Parse(text);
        }
        catch (Exception exception) when (exception is System.Text.Json.JsonException or TooManyValuesException)
        {
            return null;
        }
    }
}
