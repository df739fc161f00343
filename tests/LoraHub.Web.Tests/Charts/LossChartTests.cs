using System.Globalization;
using Bunit;
using LoraHub.Core.Predictions;
using LoraHub.Web.Charts;

namespace LoraHub.Web.Tests.Charts;

public sealed class LossChartTests : BunitContext
{
    [Fact]
    public void Every_evaluation_is_a_point_and_the_best_so_far_a_line()
    {
        var chart = Show(Search((1, 0.6, 0.6), (2, 0.8, 0.6), (3, 0.2, 0.2)));

        Assert.Equal(3, chart.FindAll("circle").Count);
        Assert.Equal(3, Points(chart.Find("polyline.best").GetAttribute("points")!).Count);
        Assert.Contains("best 0.2000", chart.Find("svg").GetAttribute("aria-label"), StringComparison.Ordinal);
    }

    [Fact]
    public void A_lower_loss_is_lower_and_a_later_evaluation_further_right()
    {
        var line = Points(Show(Search((1, 0.6, 0.6), (2, 0.4, 0.4), (3, 0.2, 0.2))).Find("polyline.best").GetAttribute("points")!);

        Assert.Equal(line.Select(point => point.X).Order(), line.Select(point => point.X));
        Assert.Equal(line.Select(point => point.Y).Order(), line.Select(point => point.Y)); // y grows downwards
    }

    [Fact]
    public void The_axis_starts_where_the_search_does_when_modules_were_tried_before()
    {
        var chart = Show(Search((13, 0.6, 0.6), (14, 0.4, 0.4)));

        Assert.Equal("13", chart.FindAll("text.tick")[0].TextContent);
        Assert.Contains("first 12 evaluations", chart.Find("figcaption").TextContent, StringComparison.Ordinal);
        Assert.Equal(56, Points(chart.Find("polyline.best").GetAttribute("points")!)[0].X); // at the left of the axis
    }

    [Fact]
    public void An_outlier_stays_inside_and_does_not_flatten_the_rest()
    {
        var chart = Show(Search((1, 0.6, 0.6), (2, 1000, 0.6), (3, 0.3, 0.3)));

        Assert.All(chart.FindAll("circle"), circle => Assert.InRange(Number(circle.GetAttribute("cy")!), 8, 214));
        var line = Points(chart.Find("polyline.best").GetAttribute("points")!);
        Assert.True(line[^1].Y - line[0].Y > 50);
    }

    [Fact]
    public void An_evaluation_whose_loss_is_no_number_has_no_point()
    {
        var chart = Show([.. Search((1, 0.6, 0.6)), new RunProgress(2, 40, null) { Best = 0.6 }]);

        Assert.Single(chart.FindAll("circle"));
        Assert.Equal(2, Points(chart.Find("polyline.best").GetAttribute("points")!).Count);
    }

    [Fact]
    public void A_long_training_is_thinned_and_keeps_its_last_step()
    {
        var chart = Show([.. Enumerable.Range(1, 10_000).Select(step => new RunProgress(step, 10_000, 1.0 / step))]);

        var line = Points(chart.Find("polyline.line").GetAttribute("points")!);
        Assert.InRange(line.Count, 100, 300);
        Assert.Equal(456, line[^1].X);
    }

    [Fact]
    public void Before_the_first_loss_there_is_nothing()
    {
        Assert.Empty(Show([]).Nodes);
        Assert.Empty(Show([new RunProgress(1, 40, null)]).Nodes);
    }

    static RunProgress[] Search(params (int Done, double Loss, double Best)[] points) =>
        [.. points.Select(point => new RunProgress(point.Done, 40, point.Loss) { Best = point.Best })];

    static List<(double X, double Y)> Points(string points) =>
        [.. points.Split(' ').Select(point => point.Split(',')).Select(pair => (Number(pair[0]), Number(pair[1])))];

    static double Number(string text) => double.Parse(text, CultureInfo.InvariantCulture);

    IRenderedComponent<LossChart> Show(IReadOnlyList<RunProgress> curve) => Render<LossChart>(chart => chart.Add(one => one.Curve, curve));
}
