using System.Runtime.CompilerServices;
using LoraHub.Api.Cog;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Cog;

/// <summary>Every kind of event, as Cog's stream sends it.</summary>
public sealed class CogStreamEventTests
{
    static readonly DateTimeOffset Now = DateTimeOffset.UnixEpoch.AddYears(56);

    static readonly PredictionEvent[] Open =
    [
        new PredictionEvent.Started(),
        new PredictionEvent.Logged("line\n"),
        new PredictionEvent.Composing([new ModuleUse("lorahub/plurals", new string('1', 64))]),
        new PredictionEvent.Measured("loss", 0.5),
        new PredictionEvent.Measured(Prediction.PredictTimeMetric, 1),
        new PredictionEvent.Progressed(new RunProgress(1, 40, 0.5)),
        new PredictionEvent.Generated(0, "text"),
        new PredictionEvent.Answered(new PredictionOutput { Weights = [] }),
        new PredictionEvent.CancelRequested(),
        new PredictionEvent.Unknown("paused", """{"kind":"paused"}"""),
    ];

    static readonly PredictionEvent[] Ends =
        [new PredictionEvent.Succeeded(), new PredictionEvent.Failed("no"), new PredictionEvent.Canceled()];

    [Fact]
    public void Every_kind_of_event_is_among_them() => Assert.Equal(
        typeof(PredictionEvent).GetNestedTypes().Where(type => type.IsSubclassOf(typeof(PredictionEvent))).ToHashSet(),
        Open.Concat(Ends).Select(happened => happened.GetType()).ToHashSet());

    [Fact]
    public async Task Only_the_end_is_sent_as_completed()
    {
        foreach (var end in Ends)
        {
            var sent = new List<string>();
            var accepted = Open.Where(happened => end is PredictionEvent.Canceled || happened is not PredictionEvent.CancelRequested);
            await foreach (var one in new Recorded([.. accepted, end]).StreamAsync(Created(), TestContext.Current.CancellationToken))
            {
                sent.Add(one.Name);
            }

            Assert.Equal(["start", "log", "metric", "output", "completed"], sent);
        }
    }

    static Prediction Created() => new(new CreatedPrediction
    {
        Id = PredictionId.New(),
        Input = [],
        Origin = "http://localhost",
        CreatedAt = Now,
    });

    sealed class Recorded(IReadOnlyList<PredictionEvent> happened) : IPredictionEvents
    {
        public async IAsyncEnumerable<RecordedEvent> ReadAsync(
            string id, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.Yield();
            foreach (var (index, one) in happened.Index())
            {
                yield return new RecordedEvent(index + 1, Now, one);
            }
        }
    }
}
