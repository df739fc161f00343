using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace LoraHub.Api.Tests.Upgrade;

/// <summary>Compares responses and reports their differences.</summary>
static class Same
{
    /// <summary>Longer texts are in the fixtures by their digests.</summary>
    const int LongestText = 20_000;

    /// <param name="tolerance">The allowed relative difference between numbers that are not whole.</param>
    /// <param name="except">Keys that may differ.</param>
    public static void Assert(string what, JsonNode? before, JsonNode? now, double tolerance = 0, params string[] except) =>
        Xunit.Assert.Equal([], Differences(what, before, now, tolerance, except));

    static IEnumerable<string> Differences(string at, JsonNode? before, JsonNode? now, double tolerance, string[] except)
    {
        switch (before, now)
        {
            case (JsonObject one, JsonObject other):
                return one.Select(pair => pair.Key).Union(other.Select(pair => pair.Key)).Except(except)
                    .SelectMany(key => one.ContainsKey(key) == other.ContainsKey(key)
                        ? Differences($"{at}.{key}", one[key], other[key], tolerance, except)
                        : [$"{at}.{key} is {(one.ContainsKey(key) ? "gone" : "new")}"]);
            case (JsonArray one, JsonArray other) when one.Count == other.Count:
                return one.Zip(other).SelectMany((pair, index) => Differences($"{at}[{index}]", pair.First, pair.Second, tolerance, except));
            default:
                return IsSame(before, now, tolerance) ? [] : [$"{at} was {Text(before)} and is {Text(now)}"];
        }
    }

    static bool IsSame(JsonNode? before, JsonNode? now, double tolerance) =>
        JsonNode.DeepEquals(before, now)
        || (before?.GetValueKind(), now?.GetValueKind()) switch
        {
            (JsonValueKind.Number, JsonValueKind.Number) =>
                Math.Abs((double)before! - (double)now!) <= tolerance * Math.Max(Math.Abs((double)before!), Math.Abs((double)now!)),
            (JsonValueKind.String, JsonValueKind.String) => (string)now! is { Length: > LongestText } text && (string)before! == Digest(text),
            _ => false,
        };

    static string Digest(string text) => $"sha256:{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(text)))}";

    static string Text(JsonNode? node) => node?.ToJsonString() is { Length: > 300 } text ? text[..300] + "…" : node?.ToJsonString() ?? "null";
}
