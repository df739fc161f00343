using LoraHub.Core.Predictions;

namespace LoraHub.Core.Tests.Predictions;

/// <summary>The events that each state of a prediction accepts.</summary>
public sealed class PredictionStateTests
{
    static readonly PredictionEvent Started = new PredictionEvent.Started(), Logged = new PredictionEvent.Logged("line\n"),
        CancelRequested = new PredictionEvent.CancelRequested(), Succeeded = new PredictionEvent.Succeeded(),
        Failed = new PredictionEvent.Failed("no"),
        Canceled = new PredictionEvent.Canceled();

    [Fact]
    public void A_waiting_prediction_can_start_fail_or_be_canceled_but_not_succeed() =>
        AssertAccepts(default, Started, Logged, CancelRequested, Failed, Canceled);

    [Fact]
    public void A_running_prediction_can_end_in_every_way() =>
        AssertAccepts(new PredictionState(PredictionStatus.Processing, CancelRequested: false), Started, Logged, CancelRequested,
            Succeeded, Failed, Canceled);

    [Theory]
    [InlineData(PredictionStatus.Starting)]
    [InlineData(PredictionStatus.Processing)]
    public void A_prediction_being_canceled_cannot_succeed_or_be_canceled_again(PredictionStatus status) =>
        AssertAccepts(new PredictionState(status, CancelRequested: true), Started, Logged, Failed, Canceled);

    [Theory]
    [InlineData(PredictionStatus.Succeeded)]
    [InlineData(PredictionStatus.Failed)]
    [InlineData(PredictionStatus.Canceled)]
    public void A_finished_prediction_accepts_no_events(PredictionStatus status)
    {
        var ended = new PredictionState(status, CancelRequested: false);

        AssertAccepts(ended);
        Assert.True(ended.IsTerminal);
        Assert.Throws<InvalidOperationException>(() => ended.Apply(Logged));
    }

    [Fact]
    public void Several_events_are_accepted_when_each_is_valid_after_the_previous()
    {
        var waiting = default(PredictionState);

        Assert.True(waiting.Accepts([Started, Logged, Succeeded]));
        Assert.False(waiting.Accepts([Started, CancelRequested, Succeeded]));
        Assert.False(waiting.Accepts([Started, Succeeded, Logged]));
        Assert.True(waiting.Accepts([]));
    }

    static void AssertAccepts(PredictionState state, params PredictionEvent[] expected) =>
        Assert.Equal(expected, new[] { Started, Logged, CancelRequested, Succeeded, Failed, Canceled }.Where(state.Accepts));
}
