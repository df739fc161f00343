using LoraHub.Api.Webhooks;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Webhooks;

/// <summary>The events that are sent of a prediction, and their order, for any course and timing.</summary>
public sealed class WebhookOutboxTests
{
    static readonly PredictionEvent Started = new PredictionEvent.Started(), Succeeded = new PredictionEvent.Succeeded();

    static readonly PredictionEvent Answered = new PredictionEvent.Answered(new PredictionOutput { Weights = [] });

    [Fact]
    public void The_start_event_has_the_initial_state_and_others_the_current_one()
    {
        var outbox = Outbox([Started, Log(1), Log(2), Answered, Succeeded]);

        Assert.Equal(["Start Processing 0", "Output Processing 2", "Completed Succeeded 2"], Drain(outbox));
        Assert.True(outbox.IsEmpty);
    }

    [Fact]
    public void Throttled_events_wait()
    {
        var outbox = Outbox([Started, Log(1)]);
        outbox.Take(mayUpdate: false);

        Assert.Null(outbox.Take(mayUpdate: false));
        Assert.False(outbox.IsEmpty);
        Assert.Equal(["Logs Processing 1"], Drain(outbox));
    }

    [Fact]
    public void The_completed_event_is_not_throttled_and_includes_pending_changes()
    {
        var outbox = Outbox([Started, Log(1), Answered, Succeeded]);
        outbox.Take(mayUpdate: false);

        Assert.Equal(WebhookEvent.Completed, outbox.Take(mayUpdate: false)!.Value.Event);
        Assert.True(outbox.IsEmpty);
    }

    [Fact]
    public void Pending_events_are_sent_when_completed_is_not_requested()
    {
        var outbox = Outbox([Started, Answered, Succeeded], WebhookEvent.Output);

        Assert.Null(outbox.Take(mayUpdate: false));
        Assert.Equal(["Output Processing 0"], Drain(outbox));
    }

    [Fact]
    public void A_second_start_after_a_lost_worker_is_not_sent()
    {
        var outbox = Outbox([Started, Log(1), Started, Log(2)]);

        Assert.Equal(["Start Processing 0", "Logs Processing 2"], Drain(outbox));
    }

    [Theory]
    [InlineData("Start", "Start Processing 0")]
    [InlineData("Output", "Output Processing 1")]
    [InlineData("Logs", "Logs Processing 1")]
    [InlineData("Completed", "Completed Succeeded 1")]
    [InlineData("Start Completed", "Start Processing 0", "Completed Succeeded 1")]
    public void Only_requested_events_are_sent(string wanted, params string[] told)
    {
        var outbox = Outbox([Started, Log(1), Answered, new PredictionEvent.Measured("predict_time", 1), Succeeded],
            [.. wanted.Split(' ').Select(Enum.Parse<WebhookEvent>)]);

        Assert.Equal(told, Drain(outbox));
    }

    [Fact]
    public void A_prediction_canceled_before_its_start_sends_only_completed()
    {
        var outbox = Outbox([new PredictionEvent.Canceled()]);

        Assert.Equal(["Completed Canceled 0"], Drain(outbox));
    }

    static PredictionEvent.Logged Log(int number) => new($"{number}\n");

    static WebhookOutbox Outbox(PredictionEvent[] happened, params WebhookEvent[] wanted)
    {
        var created = new Prediction(new CreatedPrediction
        {
            Id = "x",
            Input = [],
            Origin = "http://localhost",
            CreatedAt = DateTimeOffset.UnixEpoch,
        });
        var outbox = new WebhookOutbox(created,
            wanted.Length == 0 ? Enum.GetValues<WebhookEvent>().ToHashSet() : wanted.ToHashSet(), startSent: false);
        foreach (var (index, next) in happened.Index())
        {
            outbox.Add(new RecordedEvent(index + 1, DateTimeOffset.UnixEpoch, next));
        }

        return outbox;
    }

    /// <summary>Event, status and number of log lines of everything that is sent without throttling.</summary>
    static List<string> Drain(WebhookOutbox outbox)
    {
        var told = new List<string>();
        while (outbox.Take(mayUpdate: true) is var (happened, prediction))
        {
            told.Add($"{happened} {prediction.Status} {prediction.Logs.Count(letter => letter == '\n')}");
        }

        return told;
    }
}
