using System.Globalization;
using Bunit;
using LoraHub.Modules.Versions;
using LoraHub.Web.Library;

namespace LoraHub.Web.Tests.Library;

public sealed class LayerChartsTests : BunitContext
{
    [Fact]
    public void Layers_that_differ_in_their_block_share_a_chart_and_are_in_its_order()
    {
        var charts = Show(Layer("encoder.block.10.layer.0.q", 3), Layer("encoder.block.2.layer.0.q", 1), Layer("encoder.block.2.layer.0.v", 2));

        Assert.Equal(["encoder.block.*.layer.0.q", "encoder.block.*.layer.0.v"], charts.FindAll("figcaption").Select(name => name.TextContent));
        Assert.Equal(
            ["encoder.block.2.layer.0.q: 1.0000", "encoder.block.10.layer.0.q: 3.0000"],
            charts.FindAll("figure")[0].QuerySelectorAll("title").Select(title => title.TextContent));
    }

    [Fact]
    public void All_charts_have_one_scale()
    {
        var charts = Show(Layer("a.0.q", 4), Layer("a.0.v", 2));

        var heights = charts.FindAll("rect").Select(bar => double.Parse(bar.GetAttribute("height")!, CultureInfo.InvariantCulture)).ToArray();
        Assert.Equal(heights[0] / 2, heights[1], 2);
    }

    [Fact]
    public void Singular_values_are_lines_across_the_bar()
    {
        var charts = Show(Layer("a.0.q", 5, 4, 3));

        var tops = charts.FindAll("line.value").Select(line => double.Parse(line.GetAttribute("y1")!, CultureInfo.InvariantCulture)).ToArray();
        var bar = double.Parse(charts.Find("rect").GetAttribute("y")!, CultureInfo.InvariantCulture);
        Assert.True(bar < tops[0] && tops[0] < tops[1], $"{bar} {tops[0]} {tops[1]}");
    }

    [Fact]
    public void A_chart_says_in_words_what_it_shows() => Assert.Equal(
        "a.*.q: norms of 2 blocks, from 1.0000 in block 1 to 4.0000 in block 0",
        Show(Layer("a.0.q", 4), Layer("a.1.q", 1)).Find("svg").GetAttribute("aria-label"));

    [Fact]
    public void A_module_that_changes_nothing_has_bars_without_height() =>
        Assert.Equal("0", Show(Layer("a.0.q", 0)).Find("rect").GetAttribute("height"));

    [Fact]
    public void Thousands_of_layers_make_a_bounded_page()
    {
        var charts = Show([.. Enumerable.Range(0, 5000).Select(number => Layer($"m{number % 50}.{number}.q", number))]);

        Assert.Equal(24, charts.FindAll("figure").Count);
        Assert.Equal(500, charts.FindAll("tbody tr").Count);
        Assert.Contains("4500 more layers", charts.Markup, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_layers_there_is_nothing() => Assert.Empty(Show().Nodes);

    static LayerReport Layer(string name, double norm, params double[] values) => new(name, norm, 0.5, values, 1);

    IRenderedComponent<LayerCharts> Show(params LayerReport[] layers) => Render<LayerCharts>(charts => charts.Add(chart => chart.Layers, layers));
}
