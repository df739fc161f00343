using System.Text.RegularExpressions;
using LoraHub.Modules.Versions;

namespace LoraHub.Web.Library;

/// <summary>The layers of a module that differ only in their block, such as the query projections of the encoder.</summary>
/// <param name="Name">The layers' name with <c>*</c> for the block's number.</param>
/// <param name="Layers">Ordered by block.</param>
public sealed partial record LayerGroup(string Name, IReadOnlyList<(int Block, LayerReport Report)> Layers)
{
    /// <summary>Groups layers, ordered by name.</summary>
    public static IReadOnlyList<LayerGroup> Of(IReadOnlyList<LayerReport> layers) =>
    [
        .. layers.Select(layer => (Number: BlockNumber().Match(layer.Layer), Report: layer))
            .GroupBy(layer => NameOf(layer.Number, layer.Report.Layer), StringComparer.Ordinal)
            .OrderBy(group => group.Key, StringComparer.Ordinal)
            .Select(group => new LayerGroup(
                group.Key, [.. group.Select(layer => (Block: BlockOf(layer.Number), layer.Report)).OrderBy(layer => layer.Block)])),
    ];

    static int BlockOf(Match number) => number.Success ? int.Parse(number.ValueSpan, System.Globalization.CultureInfo.InvariantCulture) : 0;

    static string NameOf(Match number, string layer) =>
        number.Success ? $"{layer.AsSpan(0, number.Index)}*{layer.AsSpan(number.Index + number.Length)}" : layer;

    [GeneratedRegex(@"(?<=\.)[0-9]{1,6}(?=\.)", RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex BlockNumber();
}
