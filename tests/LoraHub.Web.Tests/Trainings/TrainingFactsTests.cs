using Bunit;
using LoraHub.Core.Predictions;
using LoraHub.Web.Charts;
using LoraHub.Web.Live;
using LoraHub.Web.Trainings;

namespace LoraHub.Web.Tests.Trainings;

/// <summary>What a page says of a training's events.</summary>
public sealed class TrainingFactsTests : BunitContext
{
    static readonly PredictionEvent Started = new PredictionEvent.Started(), Failed = new PredictionEvent.Failed("Out of memory.");

    [Fact]
    public async Task Its_numbers_are_the_last_ones_that_are_known()
    {
        var facts = await ShowAsync(Started, Step(1, 2.5, validation: 3), Step(2, 1.25));

        Assert.Equal(
            ["training loss 1.2500", "validation loss 3.0000", "tokens per second 1,000"],
            facts.FindAll("dl div").Select(fact => $"{fact.Children[0].TextContent} {fact.Children[1].TextContent}"));
    }

    [Fact]
    public async Task A_failed_one_names_its_step() => Assert.Equal(
        "It failed after step 2 of 10. Nothing was published.",
        (await ShowAsync(Started, Step(2, 1), Failed)).Find("p").TextContent);

    [Fact]
    public async Task One_that_failed_at_once_has_no_step() => Assert.Equal(
        "It failed before its first step. Nothing was published.", (await ShowAsync(Started, Failed)).Find("p").TextContent);

    [Fact]
    public async Task An_interrupted_one_that_goes_on_says_so_and_keeps_the_curve_before_its_checkpoint()
    {
        var run = await RunAsync(Started, Step(1, 3), Step(2, 2), Step(3, 1), Started, Step(3, 0.9));

        Assert.Equal([3, 2, 0.9], run.Curve.Select(step => step.Loss!.Value));
        Assert.Equal(
            "A worker stopped or was lost. Another went on from the last checkpoint; this is attempt 2, at step 3.", Show(run).Find("p").TextContent);
    }

    [Fact]
    public async Task A_search_and_the_steps_after_it_are_two_curves()
    {
        var run = await RunAsync(Started, Evaluation(1), Evaluation(2), Step(1, 3), Step(2, 2));

        var (search, _, steps) = LossCurves.Of(run.Curve);

        Assert.Equal([1, 2], search.Select(one => one.Done));
        Assert.Equal([1, 2], steps.Select(one => one.Done));
    }

    static PredictionEvent.Progressed Step(int done, double loss, double? validation = null) =>
        new PredictionEvent.Progressed(new RunProgress(done, 10, loss) { Validation = validation, TokensPerSecond = 1000 });

    static PredictionEvent.Progressed Evaluation(int done) => new PredictionEvent.Progressed(new RunProgress(done, 40, 1) { Best = 1 });

    IRenderedComponent<TrainingFacts> Show(LiveRun run) => Render<TrainingFacts>(facts => facts.Add(one => one.Run, run));

    async Task<IRenderedComponent<TrainingFacts>> ShowAsync(params PredictionEvent[] events) => Show(await RunAsync(events));

    static async Task<LiveRun> RunAsync(params PredictionEvent[] events)
    {
        var created = new CreatedPrediction
        {
            Id = "training",
            Kind = PredictionKind.Train,
            Input = [],
            Origin = "http://localhost",
            CreatedAt = DateTimeOffset.UnixEpoch,
        };
        var recorded = events.Select((one, index) => new RecordedEvent(index + 1, DateTimeOffset.UnixEpoch, one));
        var run = new LiveRun(new Prediction(created), recorded.ToAsyncEnumerable(), TimeProvider.System, CancellationToken.None);
        await run.ReadPastAsync();
        return run;
    }
}
