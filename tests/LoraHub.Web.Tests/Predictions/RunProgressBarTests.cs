using Bunit;
using LoraHub.Core.Predictions;
using LoraHub.Web.Live;
using LoraHub.Web.Predictions;

namespace LoraHub.Web.Tests.Predictions;

/// <summary>Where a run is, in words.</summary>
public sealed class RunProgressBarTests : BunitContext
{
    static readonly PredictionEvent Started = new PredictionEvent.Started(), Succeeded = new PredictionEvent.Succeeded();

    [Fact]
    public async Task A_canceled_run_shows_how_far_it_came_and_keeps_its_weights()
    {
        var run = await RunAsync(Started, Progress(83, 100), new PredictionEvent.Canceled());
        run.Replace(run.Prediction with { Output = null }); // the record of a canceled run has no output

        var bar = Show(run).Find("progress");

        Assert.Equal(("83", "100"), (bar.GetAttribute("value"), bar.GetAttribute("max")));
        Assert.Equal([new ModuleWeight("a/b", 0.5)], run.Weights);
    }

    [Fact]
    public async Task A_search_that_ended_early_says_why() => Assert.Contains(
        "ended early", Show(await RunAsync(Started, Progress(69, 100), Succeeded)).Markup, StringComparison.Ordinal);

    [Fact]
    public async Task One_that_used_all_evaluations_says_nothing_of_it()
    {
        var bar = Show(await RunAsync(Started, Progress(69, 100), Progress(100, 100), Succeeded));

        Assert.DoesNotContain("ended early", bar.Markup, StringComparison.Ordinal);
        Assert.Equal("100", bar.Find("progress").GetAttribute("value"));
    }

    static PredictionEvent.Progressed Progress(int done, int total) =>
        new(new RunProgress(done, total, 0.5) { Best = 0.5, Weights = [new ModuleWeight("a/b", 0.5)] });

    IRenderedComponent<RunProgressBar> Show(LiveRun run) =>
        Render<RunProgressBar>(bar => bar.Add(one => one.Run, run).Add(one => one.Viewer, Some.Viewer));

    static async Task<LiveRun> RunAsync(params PredictionEvent[] events)
    {
        var recorded = events.Select((one, index) => new RecordedEvent(index + 1, Some.Now.AddSeconds(index), one));
        var run = new LiveRun(new Prediction(Some.Created()), recorded.ToAsyncEnumerable(), TimeProvider.System, CancellationToken.None);
        await run.ReadPastAsync();
        return run;
    }
}
