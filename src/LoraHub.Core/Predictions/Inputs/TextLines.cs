using System.Text;
using System.Text.Json;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>A text input as lines: one example a line, or a JSON array of strings.</summary>
/// <param name="Lines">Empty when there is an <see cref="Error"/>.</param>
public sealed record TextLines(IReadOnlyList<string> Lines)
{
    /// <summary>
    /// The text when it is a single line that begins and ends like an array. It may be one example that is itself a list, such as
    /// <c>["Paris", "London"]</c>; the number of lines of the other field decides (<see cref="Match"/>).
    /// </summary>
    public string? OneLine { get; private init; }

    public string? Error { get; private init; }

    /// <summary>Whether there are more lines than allowed; then none is here.</summary>
    public bool IsTooLong { get; private init; }

    bool IsOne => Error is null && Lines.Count == 1;

    /// <summary>Trailing line feeds do not start another line.</summary>
    /// <param name="most">The most lines.</param>
    public static TextLines Of(string text, int most)
    {
        var trimmed = text.Trim();
        if (LooksLikeArray(trimmed) && OfArray(trimmed, most) is { } array)
        {
            return array;
        }

        var lines = text.Replace("\r\n", "\n", StringComparison.Ordinal).Replace('\r', '\n').TrimEnd('\n');
        return lines.Length == 0 ? new TextLines([])
            : lines.AsSpan().Count('\n') < most ? new TextLines(lines.Split('\n')) // counted first: short lines take many times their bytes
            : TooLong();
    }

    public static TextLines TooLong() => new([]) { IsTooLong = true };

    /// <summary>Takes the one of two fields that may be a single line as such where that gives both the same number of lines.</summary>
    public static (TextLines Inputs, TextLines Outputs) Match(TextLines inputs, TextLines outputs)
    {
        var isMatch = inputs.Error is null && outputs.Error is null && inputs.Lines.Count == outputs.Lines.Count;
        return isMatch ? (inputs, outputs)
            : inputs.IsOne && outputs.OneLine is { } output ? (inputs, new TextLines([output]))
            : outputs.IsOne && inputs.OneLine is { } input ? (new TextLines([input]), outputs)
            : (inputs, outputs);
    }

    static bool LooksLikeArray(string trimmed) => trimmed is ['[', .., ']'] && trimmed.AsSpan(1).TrimStart() is ['"', ..] or [']'];

    /// <returns>Null when the text is lines after all.</returns>
    static TextLines? OfArray(string trimmed, int most)
    {
        var isOneLine = !trimmed.AsSpan().ContainsAny('\n', '\r');
        try
        {
            var array = Read(Encoding.UTF8.GetBytes(trimmed), most);
            return isOneLine && array is { Error: null, IsTooLong: false } ? array with { OneLine = trimmed }
                : isOneLine && array?.Error is not null ? null // a single line that is JSON but no array of strings
                : array;
        }
        catch (JsonException exception)
        {
            if (!isOneLine && EveryLineIsAList(trimmed))
            {
                return null;
            }

            var what = BoundedJson.Describe(exception);
            return new TextLines([])
            {
                Error = $"The text is not valid JSON{(what.Length == 0 ? "" : $" ({what})")}. "
                    + "It begins and ends like a JSON array; give an array of strings, one for each example.",
                OneLine = isOneLine ? trimmed : null,
            };
        }
    }

    /// <returns>Null when the first array ends before the text does.</returns>
    static TextLines? Read(ReadOnlySpan<byte> json, int most)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = BoundedJson.MaxDepth });
        reader.Read();
        var strings = new List<string>();
        string? error = null;
        for (var entries = 0; reader.Read() && reader.CurrentDepth > 0; entries++)
        {
            if (entries == most)
            {
                return TooLong();
            }

            if (reader.TokenType == JsonTokenType.String)
            {
                strings.Add(BoundedJson.TextBytes(reader.ValueSpan) is null ? throw new JsonException(BoundedJson.Unreadable) : reader.GetString()!);
            }
            else
            {
                error ??= $"Entry {entries} of the array is not a string; every entry must be a string.";
                reader.Skip();
            }
        }

        return json[(int)reader.BytesConsumed..].IsEmpty ? new TextLines(error is null ? strings : []) { Error = error } : null;
    }

    static bool EveryLineIsAList(string text)
    {
        foreach (var line in text.AsSpan().EnumerateLines())
        {
            if (line.Trim() is not (['[', .., ']'] or []))
            {
                return false;
            }
        }

        return true;
    }
}
