using System.Globalization;
using Bunit;
using LoraHub.Core.Predictions;
using LoraHub.Web.Charts;

namespace LoraHub.Web.Tests.Charts;

/// <summary>The chart of a training's losses.</summary>
public sealed class TrainingChartTests : BunitContext
{
    [Fact]
    public void A_training_has_a_line_of_its_loss_and_one_of_its_validation_loss()
    {
        var chart = Show(Step(1, 4.0), Step(2, 2.0, validation: 3.0), Step(3, 1.0), Step(4, 0.0, validation: 1.0));

        var (training, validation) = (Points(chart, "line"), Points(chart, "line best"));
        Assert.Equal(4, training.Length);
        Assert.Equal(2, validation.Length);
        Assert.Equal([training[1].X, training[3].X], validation.Select(point => point.X)); // at the same steps
        Assert.True(training[0].Y < training[1].Y && training[1].Y < training[2].Y); // a lower loss is further down
        Assert.True(validation[0].Y < training[1].Y && validation[1].Y == training[2].Y);
        Assert.Contains("validation loss", chart.Find("figcaption").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_validation_the_legend_does_not_name_it() =>
        Assert.DoesNotContain("validation", Show(Step(1, 4.0), Step(2, 2.0)).Find("figcaption").TextContent, StringComparison.Ordinal);

    [Fact]
    public void A_loss_that_was_not_finite_is_left_out() => Assert.Equal(2, Points(Show(Step(1, 4.0), Step(2, null), Step(3, 2.0)), "line").Length);

    [Fact]
    public void The_steps_after_a_search_have_a_line_whose_legend_says_what_it_is()
    {
        var chart = Show(Tuning(1, 2.0), Tuning(2, 1.0));

        Assert.Equal(2, Points(chart, "line").Length);
        Assert.Contains("token loss on the examples", chart.Find("figcaption").TextContent, StringComparison.Ordinal);

        static RunProgress Tuning(int done, double loss) => new(done, 2, loss) { Phase = RunProgress.Tuning };
    }

    IRenderedComponent<LossChart> Show(params RunProgress[] curve) => Render<LossChart>(chart => chart.Add(one => one.Curve, curve));

    static RunProgress Step(int done, double? loss, double? validation = null) =>
        new(done, 4, loss) { Validation = validation, TokensPerSecond = 1000 };

    static (double X, double Y)[] Points(IRenderedComponent<LossChart> chart, string line) =>
    [
        .. chart.FindAll("polyline").Single(one => one.ClassName == line).GetAttribute("points")!.Split(' ')
            .Select(point => point.Split(',').Select(value => double.Parse(value, CultureInfo.InvariantCulture)).ToArray())
            .Select(pair => (pair[0], pair[1])),
    ];
}
