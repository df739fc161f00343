using System.Globalization;
using System.Text.Json;
using System.Text.Json.Serialization;
using LoraHub.Core.Predictions;

namespace LoraHub.Core.Json;

/// <summary>
/// JSON settings of every route. The output survives a JavaScript round trip byte for byte: Replicate's client parses and re-serializes
/// a webhook's body before it checks the signature.
/// </summary>
public static class WireJson
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        Encoder = new JavaScriptTextEncoder(),
        Converters =
        {
            new JsonStringEnumConverter<PredictionStatus>(JsonNamingPolicy.SnakeCaseLower),
            new JsonStringEnumConverter<WebhookEvent>(JsonNamingPolicy.SnakeCaseLower),
            new JavaScriptNumber.DoubleConverter(),
            new JavaScriptNumber.NodeConverter(),
            new TimestampConverter(),
        },
    };

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    /// <summary>ISO 8601, UTC, always six fractional digits: the form that every client's parser accepts.</summary>
    sealed class TimestampConverter : JsonConverter<DateTimeOffset>
    {
        const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture));
    }
}
