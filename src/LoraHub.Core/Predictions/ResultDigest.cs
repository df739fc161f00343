using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoraHub.Core.Predictions;

/// <summary>
/// A result's digest in stored JSON. Earlier versions stored the result's URL, <c>{origin}/results/{digest}/{file}</c>; reading extracts its digest.
/// </summary>
sealed class ResultDigest : JsonConverter<string>
{
    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { } stored && stored.Split('/') is [.., var digest, _] ? digest : reader.GetString();

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
