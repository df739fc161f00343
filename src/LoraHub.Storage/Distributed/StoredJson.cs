using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using LoraHub.Storage.Records;

namespace LoraHub.Storage.Distributed;

/// <summary>Serializes messages. Different versions must read each other's: names never change, and new properties have defaults.</summary>
static class StoredJson
{
    static readonly JsonSerializerOptions Options = PredictionEventJson.AddTo(new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    });

    public static byte[] Write<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Options);

    /// <summary>Serializes an object as <see cref="Write"/> does, so that the caller can add properties.</summary>
    public static JsonObject ToObject<T>(T value) => JsonSerializer.SerializeToNode(value, Options)!.AsObject();

    public static T Read<T>(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException("The stored value is null.");
}
