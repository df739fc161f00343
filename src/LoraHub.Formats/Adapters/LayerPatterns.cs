using System.Text.Json;
using System.Text.RegularExpressions;

namespace LoraHub.Formats.Adapters;

/// <summary>
/// <c>rank_pattern</c> or <c>alpha_pattern</c>: numbers of single layers. A key is a regular expression for the end of a layer's name, from the start
/// or from after a
/// dot; the first key that matches counts, as in PEFT's <c>get_pattern_key</c>.
/// </summary>
sealed class LayerPatterns
{
    const int MostPatterns = 1000;

    static readonly TimeSpan Limit = TimeSpan.FromSeconds(1);

    readonly (string Key, Regex Pattern, double Value)[] _patterns;

    LayerPatterns((string, Regex, double)[] patterns) => _patterns = patterns;

    /// <param name="field">Its name in the configuration.</param>
    /// <param name="element">As the configuration has it; may be missing.</param>
    /// <exception cref="AdapterException">It is not an object of numbers, or a key is not a pattern that is understood.</exception>
    public static LayerPatterns Read(string field, JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Undefined or JsonValueKind.Null => new LayerPatterns([]),
        JsonValueKind.Object when element.GetPropertyCount() <= MostPatterns => new LayerPatterns(
            [.. element.EnumerateObject().Select(pair => (pair.Name, Pattern(field, pair.Name), Number(field, pair.Value)))]),
        _ => throw new AdapterException($"adapter_config.json has a {field} that is not an object of up to {MostPatterns} layers and numbers."),
    };

    /// <returns>Null when no key matches.</returns>
    public double? Find(string layer)
    {
        foreach (var (key, pattern, value) in _patterns)
        {
            if (key == layer || pattern.IsMatch(layer))
            {
                return value;
            }
        }

        return null;
    }

    // NonBacktracking: the key comes from outside, and must not make a match take longer than the name is long.
    static Regex Pattern(string field, string key)
    {
        try
        {
            return new Regex($@"^(?:.*\.)?(?:{key})\z", RegexOptions.NonBacktracking | RegexOptions.CultureInvariant, Limit);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            throw new AdapterException($"adapter_config.json has a {field} with a key that is not a pattern of layer names.", exception);
        }
    }

    static double Number(string field, JsonElement value) =>
        value.ValueKind == JsonValueKind.Number && value.TryGetDouble(out var number) && double.IsFinite(number)
            ? number
            : throw new AdapterException($"adapter_config.json has a {field} with a value that is not a number.");
}
