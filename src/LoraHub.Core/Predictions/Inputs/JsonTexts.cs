using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraHub.Core.Predictions.Inputs;

/// <summary>Finds texts that only look well-formed: the parser lets escapes of half surrogate pairs and bytes that are not UTF-8 pass.</summary>
public static class JsonTexts
{
    /// <summary>What is wrong with such a text.</summary>
    public const string Unreadable = "a text holds half a surrogate pair or is not UTF-8";

    /// <summary>Reads every text once, where it can still be refused.</summary>
    /// <exception cref="InvalidOperationException">A text cannot be read.</exception>
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
