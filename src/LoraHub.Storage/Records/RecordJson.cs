using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Records;

/// <summary>Serializes the JSON columns. Names are those of the types' properties: they must never change.</summary>
static class RecordJson
{
    static readonly JsonSerializerOptions Options = PredictionEventJson.AddTo(new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // only this class reads it, so no escapes are needed
        PropertyNameCaseInsensitive = true, // an older node records events that it does not know as the event log writes them
        Converters = { new WebhookEvents(), new JsonStringEnumConverter() },
    });

    static readonly JsonSerializerOptions WithoutColumns = new(Options)
    {
        TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveOutColumns } },
    };

    public static string Write<T>(T value) => JsonSerializer.Serialize(value, Options);

    public static T Read<T>(string json) => JsonSerializer.Deserialize<T>(json, Options)!;

    /// <summary>Serializes the properties of a created prediction that have no column in <see cref="PredictionRow"/>.</summary>
    public static string WriteCreated(CreatedPrediction created) => JsonSerializer.Serialize(created, WithoutColumns);

    /// <returns>A prediction without the properties that have their own column.</returns>
    public static CreatedPrediction ReadCreated(string json) => JsonSerializer.Deserialize<CreatedPrediction>(json, WithoutColumns)!;

    static void LeaveOutColumns(JsonTypeInfo type)
    {
        if (type.Type != typeof(CreatedPrediction))
        {
            return;
        }

        foreach (var property in type.Properties.Where(property => PredictionRow.ColumnsOfCreated.Contains(property.Name)).ToArray())
        {
            type.Properties.Remove(property);
        }
    }

    /// <summary>The serializer can write read-only sets but cannot read them.</summary>
    sealed class WebhookEvents : JsonConverter<IReadOnlySet<WebhookEvent>>
    {
        public override IReadOnlySet<WebhookEvent> Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
            JsonSerializer.Deserialize<HashSet<WebhookEvent>>(ref reader, options)!;

        public override void Write(Utf8JsonWriter writer, IReadOnlySet<WebhookEvent> value, JsonSerializerOptions options) =>
            JsonSerializer.Serialize(writer, value.Order(), options);
    }
}
