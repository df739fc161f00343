using System.Text.Json;
using System.Text.Json.Serialization;

namespace LoraHub.Core.Predictions;

/// <summary>
/// A result's digest in stored JSON. Earlier versions stored the result's URL, <c>{origin}/results/{digest}/{file}</c>; reading extracts its digest.
/// </summary>
public sealed class ResultDigest : JsonConverter<string>
{
    const int Digits = 64;

    /// <summary>Whether the text is a digest: 64 lower-case hexadecimal digits.</summary>
    public static bool IsValid(string text) => text.Length == Digits && text.All(char.IsAsciiHexDigitLower);

    public override string? Read(ref Utf8JsonReader reader, Type typeToConvert, JsonSerializerOptions options) =>
        reader.GetString() is { } stored && stored.Split('/') is [.., var digest, _] ? digest : reader.GetString();

    public override void Write(Utf8JsonWriter writer, string value, JsonSerializerOptions options) => writer.WriteStringValue(value);
}
