using LoraHub.Api.Webhooks;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Webhooks;

/// <summary>What is told of a prediction, and in which order, whatever happens and whenever there is time to tell it.</summary>
public sealed class WebhookOutboxTests
{
    static readonly PredictionEvent Started = new PredictionEvent.Started(), Succeeded = new PredictionEvent.Succeeded();

    static readonly PredictionEvent Answered = new PredictionEvent.Answered(new PredictionOutput { Weights = [] });

    [Fact]
    public void The_start_is_told_as_it_was_and_all_else_as_it_is()
    {
        var outbox = Outbox([Started, Log(1), Log(2), Answered, Succeeded]);

        Assert.Equal(["Start Processing 0", "Output Processing 2", "Completed Succeeded 2"], Drain(outbox));
        Assert.True(outbox.IsEmpty);
    }

    [Fact]
    public void News_that_may_not_be_told_yet_wait()
    {
        var outbox = Outbox([Started, Log(1)]);
        outbox.Take(mayTellNews: false);

        Assert.Null(outbox.Take(mayTellNews: false));
        Assert.False(outbox.IsEmpty);
        Assert.Equal(["Logs Processing 1"], Drain(outbox));
    }

    [Fact]
    public void The_end_does_not_wait_and_says_what_waited()
    {
        var outbox = Outbox([Started, Log(1), Answered, Succeeded]);
        outbox.Take(mayTellNews: false);

        Assert.Equal(WebhookEvent.Completed, outbox.Take(mayTellNews: false)!.Value.Event);
        Assert.True(outbox.IsEmpty);
    }

    [Fact]
    public void Without_the_end_what_waited_is_still_told()
    {
        var outbox = Outbox([Started, Answered, Succeeded], WebhookEvent.Output);

        Assert.Null(outbox.Take(mayTellNews: false));
        Assert.Equal(["Output Processing 0"], Drain(outbox));
    }

    [Fact]
    public void A_second_start_after_a_lost_worker_is_not_told()
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
    public void Only_what_is_wanted_is_told(string wanted, params string[] told)
    {
        var outbox = Outbox([Started, Log(1), Answered, new PredictionEvent.Measured("predict_time", 1), Succeeded], [.. wanted.Split(' ').Select(Enum.Parse<WebhookEvent>)]);

        Assert.Equal(told, Drain(outbox));
    }

    [Fact]
    public void What_is_canceled_before_its_start_has_an_end_alone()
    {
        var outbox = Outbox([new PredictionEvent.Canceled()]);

        Assert.Equal(["Completed Canceled 0"], Drain(outbox));
    }

    static PredictionEvent.Logged Log(int number) => new($"{number}\n");

    static WebhookOutbox Outbox(PredictionEvent[] happened, params WebhookEvent[] wanted)
    {
        var created = new Prediction { Id = "x", Input = [], Origin = "http://localhost", CreatedAt = DateTimeOffset.UnixEpoch };
        var outbox = new WebhookOutbox(created, wanted.Length == 0 ? Enum.GetValues<WebhookEvent>().ToHashSet() : wanted.ToHashSet(), startTold: false);
        foreach (var (index, next) in happened.Index())
        {
            outbox.Add(new RecordedEvent(index + 1, DateTimeOffset.UnixEpoch, next));
        }

        return outbox;
    }

    /// <summary>Event, status and number of log lines of all that is told when everything may be.</summary>
    static List<string> Drain(WebhookOutbox outbox)
    {
        var told = new List<string>();
        while (outbox.Take(mayTellNews: true) is var (happened, prediction))
        {
            told.Add($"{happened} {prediction.Status} {prediction.Logs.Count(letter => letter == '\n')}");
        }

        return told;
    }
}
