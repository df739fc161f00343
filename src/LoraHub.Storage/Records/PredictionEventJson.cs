using System.Reflection;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;
using LoraHub.Core.Predictions;

namespace LoraHub.Storage.Records;

/// <summary>Reads events of kinds that only newer versions know as <see cref="PredictionEvent.Unknown"/>, and writes these unchanged.</summary>
sealed class PredictionEventJson : JsonConverter<PredictionEvent>
{
    static readonly string Discriminator = typeof(PredictionEvent).GetCustomAttribute<JsonPolymorphicAttribute>()!.TypeDiscriminatorPropertyName!;

    static readonly HashSet<string> Known = typeof(PredictionEvent).GetCustomAttributes<JsonDerivedTypeAttribute>()
        .Select(known => (string)known.TypeDiscriminator!).ToHashSet(StringComparer.Ordinal);

    readonly JsonSerializerOptions _ofKnown;

    PredictionEventJson(JsonSerializerOptions ofKnown) => _ofKnown = ofKnown;

    /// <returns>The same options, with this converter.</returns>
    public static JsonSerializerOptions AddTo(JsonSerializerOptions options)
    {
        options.Converters.Add(new PredictionEventJson(new JsonSerializerOptions(options)));
        options.TypeInfoResolver = new DefaultJsonTypeInfoResolver { Modifiers = { LeaveToConverter } };
        return options;
    }

    public override PredictionEvent? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options)
    {
        if (KindOf(reader) is not { } kind || Known.Contains(kind))
        {
            return JsonSerializer.Deserialize<PredictionEvent>(ref reader, _ofKnown);
        }

        using var whole = JsonDocument.ParseValue(ref reader);
        return new PredictionEvent.Unknown(kind, whole.RootElement.GetRawText());
    }

    public override void Write(Utf8JsonWriter writer, PredictionEvent value, JsonSerializerOptions options)
    {
        if (value is PredictionEvent.Unknown(_, var json))
        {
            writer.WriteRawValue(json);
        }
        else
        {
            JsonSerializer.Serialize(writer, value, _ofKnown);
        }
    }

    /// <summary>The serializer accepts the attributes or a converter, not both.</summary>
    static void LeaveToConverter(JsonTypeInfo type)
    {
        if (type.Type == typeof(PredictionEvent))
        {
            type.PolymorphismOptions = null;
        }
    }

    /// <param name="reader">A copy, so that the caller's reader stays at the object's start.</param>
    /// <returns>Null when the object does not begin with a kind, which the serializer refuses.</returns>
    static string? KindOf(Utf8JsonReader reader) =>
        reader.TokenType == JsonTokenType.StartObject && reader.Read() && reader.TokenType == JsonTokenType.PropertyName
        && reader.ValueTextEquals(Discriminator) && reader.Read() && reader.TokenType == JsonTokenType.String
            ? reader.GetString()
            : null;
}
