using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>Finds malformed strings that the parser accepts: escapes of unpaired surrogates and bytes that are not UTF-8.</summary>
public static class JsonTexts
{
    /// <summary>The error message for such a string.</summary>
    public const string Unreadable = "a string contains an unpaired surrogate or is not UTF-8";

    /// <summary>Reads every string once, while the request can still be rejected.</summary>
    /// <exception cref="InvalidOperationException">A string is malformed.</exception>
    public static void Read(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject values:
                foreach (var (_, value) in values)
                {
                    Read(value);
                }

                break;
            case JsonArray items:
                foreach (var item in items)
                {
                    Read(item);
                }

                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                _ = value.GetValue<string>();
                break;
        }
    }
}
