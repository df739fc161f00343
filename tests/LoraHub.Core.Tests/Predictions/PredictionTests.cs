using CsCheck;

using LoraHub.Core.Predictions;

namespace LoraHub.Core.Tests.Predictions;

public sealed class PredictionTests
{
    static readonly DateTimeOffset Noon = new(2026, 11, 24, 12, 0, 0, TimeSpan.Zero);

    static readonly PredictionOutput Output = new() { Weights = [new ModuleWeight("a/b", 0.5)] };

    static readonly PredictionEvent[] Events =
    [
        new PredictionEvent.Started(),
        new PredictionEvent.Logged("line\n"),
        new PredictionEvent.Measured("loss", 1),
        new PredictionEvent.Answered(Output),
        new PredictionEvent.CancelRequested(),
        new PredictionEvent.Succeeded(),
        new PredictionEvent.Failed("no"),
        new PredictionEvent.Canceled(),
    ];

    static readonly Gen<PredictionEvent> AnyEvent = Gen.Int[0, 7].Select(i => Events[i]);

    [Fact]
    public void A_prediction_is_the_fold_of_its_events()
    {
        var prediction = Fold(
            new PredictionEvent.Started(),
            new PredictionEvent.Logged("one\n"),
            new PredictionEvent.Logged("two\n"),
            new PredictionEvent.Measured("loss", 2),
            new PredictionEvent.Measured("loss", 1),
            new PredictionEvent.Answered(Output),
            new PredictionEvent.Succeeded());

        Assert.Equal(PredictionStatus.Succeeded, prediction.Status);
        Assert.Equal("one\ntwo\n", prediction.Logs);
        Assert.Equal(1, prediction.Metrics["loss"]);
        Assert.Same(Output, prediction.Output);
        Assert.Equal(Noon.AddSeconds(1), prediction.StartedAt);
        Assert.Equal(Noon.AddSeconds(7), prediction.CompletedAt);
    }

    [Fact]
    public void A_prediction_that_did_not_start_cannot_succeed_but_can_fail_or_be_canceled()
    {
        Assert.False(New().State.Accepts(new PredictionEvent.Succeeded()));
        Assert.Equal("no", Fold(new PredictionEvent.Failed("no")).Error);
        Assert.Equal(PredictionStatus.Canceled, Fold(new PredictionEvent.Canceled()).Status);
        Assert.Throws<InvalidOperationException>(() => Fold(new PredictionEvent.Succeeded()));
    }

    [Fact]
    public void No_event_changes_a_terminal_state() => AnyEvent.Array[1, 20].Sample(events =>
    {
        var prediction = New();
        foreach (var happened in events)
        {
            var before = prediction;
            var sequence = new RecordedEvent(1, Noon, happened);
            prediction = prediction.State.Accepts(happened) ? prediction.Apply(sequence) : prediction;

            Assert.True(!before.IsTerminal || prediction == before);
            Assert.Equal(prediction.IsTerminal, prediction.CompletedAt is not null);
            Assert.Equal(prediction.Status == PredictionStatus.Failed, prediction.Error is not null);
        }
    });

    [Fact]
    public void An_id_is_26_characters_of_base32_and_never_the_same()
    {
        var ids = Enumerable.Range(0, 1000).Select(_ => PredictionId.New()).ToHashSet();

        Assert.Equal(1000, ids.Count);
        Assert.All(ids, id => Assert.Matches("^[a-z2-7]{26}$", id));
    }

    static Prediction New() => new(new CreatedPrediction { Id = PredictionId.New(), Input = [], Origin = "http://localhost", CreatedAt = Noon });

    static Prediction Fold(params PredictionEvent[] events) =>
        events.Select((happened, i) => new RecordedEvent(i + 1, Noon.AddSeconds(i + 1), happened))
            .Aggregate(New(), (prediction, happened) => prediction.Apply(happened));
}
