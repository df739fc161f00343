using System.Text.Json;

namespace LoraHub.Formats.Adapters;

/// <summary>Says what is wrong with a JSON file, without the parser's own words for types.</summary>
public static class JsonFault
{
    public static string Of(JsonException exception) => exception switch
    {
        { Path: null, LineNumber: null } => exception.Message, // one of our own
        { InnerException: not (null or InvalidOperationException or FormatException) } =>
            $"it is not valid JSON (line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}).",
        { Path: { Length: > 2 } path } => $"`{path[2..]}` is missing, null or of another type.",
        _ => "it is not a JSON object with the expected fields.",
    };
}
