using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Cog.Recorded;

/// <summary>Finds the differences between a response and Cog's.</summary>
static class Comparison
{
    const string Absent = "absent";

    static readonly JsonSerializerOptions Written = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    public static async Task<IReadOnlyList<(string At, string Cog, string Ours)>> CompareAsync(CogAnswer cog, HttpResponseMessage ours)
    {
        var found = new List<(string, string, string)>();
        if (cog.Status != (int)ours.StatusCode)
        {
            return [("status", $"{cog.Status}", $"{(int)ours.StatusCode}")]; // all else follows from it
        }

        foreach (var (name, value) in cog.Headers ?? new Dictionary<string, string>())
        {
            Add($"header.{name}", value, HeaderOf(ours, name) ?? Absent);
        }

        if (cog.Type is not null)
        {
            Add("type", cog.Type, ours.Content.Headers.ContentType?.MediaType ?? Absent);
        }

        var text = await ours.TextAsync();
        if (cog.Text is not null)
        {
            var isRight = cog.Text == text || (cog.Text == "<text>" && text.Length > 0);
            Add("body", cog.Text, isRight ? cog.Text : text);
        }
        else if (cog.Json is not null)
        {
            Compare("body", cog.Json, ParseOrText(text), found);
        }
        else if (cog.Events is not null)
        {
            Compare("events", new JsonArray([.. cog.Events.Select(item => item.DeepClone())]), EventsOf(text), found);
        }

        return found;

        void Add(string at, string expected, string actual)
        {
            if (expected != actual)
            {
                found.Add((at, expected, actual));
            }
        }
    }

    static void Compare(string at, JsonNode? cog, JsonNode? ours, List<(string, string, string)> found)
    {
        switch (cog, ours)
        {
            case (JsonObject expected, JsonObject actual):
                foreach (var key in expected.Select(pair => pair.Key).Union(actual.Select(pair => pair.Key)))
                {
                    if (!expected.ContainsKey(key) || !actual.ContainsKey(key))
                    {
                        found.Add(($"{at}.{key}", expected.ContainsKey(key) ? Write(expected[key]) : Absent,
                            actual.ContainsKey(key) ? "present" : Absent));
                    }
                    else
                    {
                        Compare($"{at}.{key}", expected[key], actual[key], found);
                    }
                }

                break;
            case (JsonArray expected, JsonArray actual) when expected.Count == actual.Count:
                for (var i = 0; i < expected.Count; i++)
                {
                    Compare($"{at}[{i}]", expected[i], actual[i], found);
                }

                break;
            default:
                if (!Fits(cog, ours))
                {
                    found.Add((at, Write(cog), Write(ours)));
                }

                break;
        }
    }

    static bool Fits(JsonNode? cog, JsonNode? ours) => (cog as JsonValue)?.TryGetValue<string>(out var placeholder) == true
        && placeholder is ['<', .., '>']
        ? placeholder switch
        {
            "<any>" => ours is not null,
            "<text>" => ours?.GetValueKind() == JsonValueKind.String,
            "<number>" => ours?.GetValueKind() == JsonValueKind.Number,
            "<time>" => ours?.GetValueKind() == JsonValueKind.String && DateTimeOffset.TryParse((string?)ours, out _),
            _ => throw new NotSupportedException($"{placeholder} stands for nothing."),
        }
        : JsonNode.DeepEquals(cog, ours);

    static JsonNode? ParseOrText(string text)
    {
        try
        {
            return JsonNode.Parse(text);
        }
        catch (JsonException)
        {
            return text;
        }
    }

    static JsonArray EventsOf(string text) =>
        [.. EventStream.Parse(text).Select(item => (JsonNode)new JsonObject { [item.Name] = JsonNode.Parse(item.Data) })];

    static string? HeaderOf(HttpResponseMessage response, string name) =>
        response.Headers.TryGetValues(name, out var values) || response.Content.Headers.TryGetValues(name, out values)
            ? string.Join(", ", values) : null;

    static string Write(JsonNode? node) => node?.GetValueKind() == JsonValueKind.String ? (string)node! : node?.ToJsonString(Written) ?? "null";
}
