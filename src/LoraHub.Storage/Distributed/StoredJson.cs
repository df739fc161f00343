using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoraHub.Storage.Distributed;

/// <summary>How messages are written. Deployments of different versions read each other's: names never change, and what is new has a default.</summary>
static class StoredJson
{
    static readonly JsonSerializerOptions Options = new(JsonSerializerDefaults.Web)
    {
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Converters = { new JsonStringEnumConverter() },
    };

    public static byte[] Write<T>(T value) => JsonSerializer.SerializeToUtf8Bytes(value, Options);

    public static T Read<T>(ReadOnlySpan<byte> json) =>
        JsonSerializer.Deserialize<T>(json, Options) ?? throw new JsonException("There is nothing where a stored value should be.");
}
