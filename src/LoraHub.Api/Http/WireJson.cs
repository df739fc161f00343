using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Http;

/// <summary>How JSON is written on every route.</summary>
static class WireJson
{
    public static JsonSerializerOptions Options { get; } = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
        // As JavaScript writes text, but for characters beyond U+FFFF: Replicate's client writes webhook bodies again before it checks their signature.
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        // A loss that is not a number must not take the whole answer down.
        NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals,
        Converters = { new JsonStringEnumConverter<PredictionStatus>(JsonNamingPolicy.SnakeCaseLower), new TimestampConverter() },
    };

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    /// <summary>ISO 8601, UTC, always six fractional digits: the form that every client's parser takes.</summary>
    sealed class TimestampConverter : JsonConverter<DateTimeOffset>
    {
        const string Format = "yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'";

        public override DateTimeOffset Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) => reader.GetDateTimeOffset();

        public override void Write(Utf8JsonWriter writer, DateTimeOffset value, JsonSerializerOptions options) =>
            writer.WriteStringValue(value.UtcDateTime.ToString(Format, CultureInfo.InvariantCulture));
    }
}
