using Bunit;
using LoraHub.Web.Predictions;

namespace LoraHub.Web.Tests.Predictions;

public sealed class LogViewTests : BunitContext
{
    [Fact]
    public void A_long_log_shows_its_last_lines_while_the_run_goes_on()
    {
        var view = Show(Lines(LogView.MostLines + 3), hasEnded: false);

        Assert.Equal(Lines(LogView.MostLines, from: 4), view.Find("pre").TextContent);
        Assert.Contains("3 before them", view.Find(".hint").TextContent, StringComparison.Ordinal);
    }

    [Fact]
    public void The_whole_log_is_there_when_the_run_has_ended() =>
        Assert.Equal(Lines(100), Show(Lines(100), hasEnded: true).Find("pre").TextContent);

    [Fact]
    public void A_log_that_just_fits_is_whole()
    {
        var view = Show(Lines(LogView.MostLines), hasEnded: false);

        Assert.Equal(Lines(LogView.MostLines), view.Find("pre").TextContent);
        Assert.Empty(view.FindAll(".hint"));
    }

    [Fact]
    public void An_empty_log_is_said_in_words() =>
        Assert.Contains("Nothing", Show("", hasEnded: false).Find("p").TextContent, StringComparison.Ordinal);

    static string Lines(int count, int from = 1) => string.Concat(Enumerable.Range(from, count).Select(line => $"line {line}\n"));

    IRenderedComponent<LogView> Show(string log, bool hasEnded) =>
        Render<LogView>(view => view.Add(one => one.Log, log).Add(one => one.HasEnded, hasEnded));
}
