using AngleSharp.Dom;
using Bunit;
using LoraHub.Core.Predictions;
using LoraHub.Web.Charts;

namespace LoraHub.Web.Tests.Charts;

public sealed class WeightBarsTests : BunitContext
{
    [Fact]
    public void The_heaviest_module_is_first_and_its_bar_the_longest()
    {
        var bars = Rows(("a/small", 0.25), ("a/heavy", -0.5));

        Assert.Equal(["a/heavy", "a/small"], bars.Select(bar => bar.QuerySelector("a")!.TextContent));
        Assert.Equal(["100", "50"], bars.Select(bar => bar.QuerySelector("rect")!.GetAttribute("width")));
    }

    [Fact]
    public void A_negative_weight_goes_to_the_left_of_the_middle()
    {
        var bars = Rows(("a/plus", 1), ("a/minus", -0.5));

        Assert.Equal(
            [("plus", "0"), ("minus", "-50")],
            bars.Select(bar => bar.QuerySelector("rect")!).Select(rect => (rect.ClassName, rect.GetAttribute("x"))));
    }

    [Fact]
    public void Each_module_links_to_its_page_and_has_its_weight_in_digits()
    {
        var bar = Assert.Single(Rows(("owner/name", 0.12345)));

        Assert.Equal("/modules/owner/name", bar.QuerySelector("a")!.GetAttribute("href"));
        Assert.Equal("0.1235", bar.QuerySelector("td.number")!.TextContent);
    }

    [Fact]
    public void Weights_that_are_all_zero_have_bars_without_length() =>
        Assert.All(Rows(("a/b", 0), ("a/c", 0)), bar => Assert.Equal("0", bar.QuerySelector("rect")!.GetAttribute("width")));

    [Fact]
    public void Without_weights_there_is_nothing() => Assert.Empty(Show().Nodes);

    List<IElement> Rows(params (string Module, double Weight)[] weights) => [.. Show(weights).FindAll("tbody tr")];

    IRenderedComponent<WeightBars> Show(params (string Module, double Weight)[] weights) => Render<WeightBars>(bars => bars.Add(
        chart => chart.Weights, [.. weights.Select(weight => new ModuleWeight(weight.Module, weight.Weight))]));
}
