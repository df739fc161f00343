using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>
/// Parses a client's JSON. A first pass, which allocates nothing, refuses what would take many times its size as nodes: a node takes about a
/// hundred bytes, its JSON often two.
/// </summary>
public static class BoundedJson
{
    /// <summary>The deepest nesting.</summary>
    public const int MaxDepth = 32;

    internal const string Unreadable = "a string contains an unpaired surrogate or is not UTF-8";

    static readonly JsonDocumentOptions Strict = new() { AllowDuplicateProperties = false, MaxDepth = MaxDepth };

    /// <param name="mostValues">The most values: objects, arrays, strings, numbers, true, false and null.</param>
    /// <exception cref="JsonException">It is not JSON, repeats a key in an object, is nested too deep, or a string is malformed.</exception>
    /// <exception cref="TooManyValuesException">It holds more values.</exception>
    public static JsonNode? Parse(string json, int mostValues = 10_000) => Parse(Encoding.UTF8.GetBytes(json), mostValues);

    /// <param name="json">The nodes refer to these bytes.</param>
    /// <inheritdoc cref="Parse(string, int)"/>
    public static JsonNode? Parse(ReadOnlyMemory<byte> json, int mostValues)
    {
        if (json.Span.StartsWith(Encoding.UTF8.Preamble))
        {
            json = json[Encoding.UTF8.Preamble.Length..];
        }

        Check(json.Span, mostValues);
        var root = JsonDocument.Parse(json, Strict).RootElement;
        return root.ValueKind switch
        {
            JsonValueKind.Object => JsonObject.Create(root),
            JsonValueKind.Array => JsonArray.Create(root),
            JsonValueKind.Null => null,
            _ => JsonValue.Create(root),
        };
    }

    /// <returns>Where or what the error is, for a message; quotes nothing.</returns>
    /// <param name="exception">Thrown by <see cref="Parse(string, int)"/>.</param>
    public static string Describe(JsonException exception) =>
        exception.LineNumber is { } line ? $"line {line + 1}, byte {exception.BytePositionInLine + 1}"
        : exception.Message == Unreadable ? Unreadable
        : "an object repeats a key"; // the only other error, and the only one without a position

    /// <summary>The bytes of a JSON string's text.</summary>
    /// <param name="written">What is between the quotes, with its escapes, which are well-formed.</param>
    /// <returns>Null when it contains an unpaired surrogate or is not UTF-8.</returns>
    public static int? TextBytes(ReadOnlySpan<byte> written)
    {
        if (!Utf8.IsValid(written))
        {
            return null;
        }

        var bytes = written.Length;
        while (written.IndexOf((byte)'\\') is var escape and >= 0)
        {
            written = written[escape..];
            var (length, text) = written[1] == 'u' ? Unescape(written) : (2, 1);
            if (text == 0)
            {
                return null;
            }

            bytes -= length - text;
            written = written[length..];
        }

        return bytes;
    }

    /// <returns>The length of the escape, of a pair of surrogates together, and the bytes of its character; 0 for an unpaired surrogate.</returns>
    static (int Length, int Text) Unescape(ReadOnlySpan<byte> written)
    {
        const int Escape = 6; // \u1234
        var unit = Unit(written);
        if (!char.IsSurrogate(unit))
        {
            return (Escape, unit < 0x80 ? 1 : unit < 0x800 ? 2 : 3);
        }

        var isPair = char.IsHighSurrogate(unit)
            && written.Length >= 2 * Escape
            && written[Escape] == '\\' && written[Escape + 1] == 'u'
            && char.IsLowSurrogate(Unit(written[Escape..]));
        return (2 * Escape, isPair ? 4 : 0);
    }

    static char Unit(ReadOnlySpan<byte> escape) => (char)ushort.Parse(escape[2..6], NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture);

    static void Check(ReadOnlySpan<byte> json, int mostValues)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = MaxDepth });
        var values = 0;
        while (reader.Read())
        {
            if (reader.TokenType is JsonTokenType.String or JsonTokenType.PropertyName && TextBytes(reader.ValueSpan) is null)
            {
                throw new JsonException(Unreadable);
            }

            var isValue = reader.TokenType is not (JsonTokenType.PropertyName or JsonTokenType.EndObject or JsonTokenType.EndArray);
            if (isValue && ++values > mostValues)
            {
                throw new TooManyValuesException();
            }
        }
    }
}

/// <summary>JSON holds more values than allowed.</summary>
public sealed class TooManyValuesException() : Exception("The JSON holds too many values.");
