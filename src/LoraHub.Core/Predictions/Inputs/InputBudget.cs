using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>The bytes that all inputs of one prediction may take together, however they come (<see cref="LimitsOptions.InputBytes"/>).</summary>
public sealed class InputBudget(LimitsOptions limits)
{
    /// <summary>The most bytes that a percent-encoded <c>data:</c> URL takes for one of its content.</summary>
    const int UrlBytes = 3;

    /// <summary>How the text of such a URL begins.</summary>
    public const string DataUrl = "data:";

    long _left = limits.InputBytes;

    /// <summary>Why a prediction is refused.</summary>
    public string Message { get; } =
        $"The inputs of a prediction may hold at most {limits.InputBytes} bytes of text together, files and data URLs included "
        + $"({LimitsOptions.Section}:{nameof(LimitsOptions.InputBytes)}); send fewer or shorter examples.";

    public bool Has(long bytes) => bytes <= _left;

    /// <returns>Whether there was room for the bytes.</returns>
    public bool Take(long bytes) => (_left -= bytes) >= 0;

    /// <summary>Takes what the known inputs hold inline. Reads no text, so that a request costs nothing until it has passed.</summary>
    /// <param name="fields">The model's inputs.</param>
    /// <param name="given">A request's inputs. The content of a <c>data:</c> URL is taken when it is decoded.</param>
    public bool TakeInline(IReadOnlyList<InputField> fields, JsonObject given) => fields.All(field =>
        given.TryGetPropertyValue(field.Name, out var value) && value is JsonValue text && IsDataUrl(text)
            ? Measure(text) / UrlBytes <= limits.InputBytes
            : Take(Measure(value)));

    /// <summary>Whether the text may be a <c>data:</c> URL, whose content counts instead of its text.</summary>
    public static bool IsDataUrl(string text) => text.AsSpan().TrimStart().StartsWith(DataUrl, StringComparison.OrdinalIgnoreCase);

    static long Measure(JsonNode? value) => value switch
    {
        null => 0,
        JsonObject members => members.Sum(member => Encoding.UTF8.GetByteCount(member.Key) + Measure(member.Value)),
        JsonArray items => items.Sum(Measure),
        _ when Written(value.AsValue()) is { IsEmpty: false } written => written[0] == '"'
            ? BoundedJson.TextBytes(written[1..^1]) ?? written.Length
            : written.Length,
        _ when value.GetValueKind() == JsonValueKind.String => Encoding.UTF8.GetByteCount(value.GetValue<string>()),
        _ => 0, // a number or a boolean that this program made
    };

    static bool IsDataUrl(JsonValue value)
    {
        const int Beginning = 64; // spaces before it are ignored
        return Written(value) is { IsEmpty: false } written
            ? IsDataUrl(Encoding.UTF8.GetString(written[1..Math.Min(written.Length, Beginning)]))
            : value.GetValueKind() == JsonValueKind.String && IsDataUrl(value.GetValue<string>());
    }

    /// <returns>The value's JSON as the client wrote it; empty for a value that this program made.</returns>
    static ReadOnlySpan<byte> Written(JsonValue value) =>
        value.TryGetValue<JsonElement>(out var element) ? JsonMarshal.GetRawUtf8Value(element) : default;
}
