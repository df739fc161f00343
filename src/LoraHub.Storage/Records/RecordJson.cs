using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Records;

/// <summary>What the columns hold that are JSON: the names are those of the types, and never change.</summary>
static class RecordJson
{
    static readonly JsonSerializerOptions Options = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // nobody but this reads it: letters stay letters
        Converters = { new WebhookEvents(), new JsonStringEnumConverter<WebhookEvent>() },
    };

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    public static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, Options)!;

    /// <summary>The blobs that an output names, by the place of the digest in the URL (docs/adr/0002).</summary>
    public static IEnumerable<string> Digests(PredictionOutput output) => new[] { output.Adapter, output.Checkpoint, output.Trace }
        .OfType<string>()
        .Select(url => url.Split('/'))
        .Where(parts => parts.Length >= 2)
        .Select(parts => parts[^2])
        .Distinct(StringComparer.Ordinal);

    /// <summary>The serializer writes sets that cannot be changed, but reads none.</summary>
    sealed class WebhookEvents : JsonConverter<IReadOnlySet<WebhookEvent>>
    {
        public override IReadOnlySet<WebhookEvent> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonSerializer.Deserialize<HashSet<WebhookEvent>>(ref reader, options)!;

        public override void Write(Utf8JsonWriter writer, IReadOnlySet<WebhookEvent> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.Order(), options);
    }
}
