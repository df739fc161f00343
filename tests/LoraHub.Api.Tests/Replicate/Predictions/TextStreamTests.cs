using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Api.Tests.Webhooks;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.Replicate.Predictions;

/// <summary>A text arrives piece by piece: in streams, also across attempts and reconnections, and in webhooks.</summary>
public sealed class TextStreamTests
{
    [Fact]
    public async Task A_piece_is_an_output_event_with_its_spaces_and_line_breaks()
    {
        await using var service = new Service();
        service.Predictor.TextScript = (_, progress, _) => Generate(progress, "mer", " et", "\n", "  ciel\n\n", "🐈", "data: x");
        var client = await service.ReadyAsync();

        var events = await StreamAsync(client, await CreateAsync(client));

        Assert.Equal(
            [("output", "mer"), ("output", " et"), ("output", "\n"), ("output", "  ciel\n\n"), ("output", "🐈"), ("output", "data: x"), ("done", "{}")],
            events.Select(item => (item.Name, item.Data)));
        Assert.All(events, item => Assert.Matches("^[0-9]+:[0-9]+$", item.Id));
    }

    [Fact]
    public async Task A_repeated_attempt_sends_only_what_was_not_sent_before_wherever_a_reader_resumes()
    {
        var recorded = new Recorded(
            new PredictionEvent.Started(),
            new PredictionEvent.Generated(0, "one"),
            new PredictionEvent.Generated(3, " two"),
            new PredictionEvent.Started(),
            new PredictionEvent.Logged("Attempt 2: the previous worker did not finish; starting over.\n"),
            new PredictionEvent.Generated(0, "one two"), // other borders
            new PredictionEvent.Generated(7, " three"),
            new PredictionEvent.Started(),
            new PredictionEvent.Generated(0, "one"),
            new PredictionEvent.Generated(3, " two three four"),
            new PredictionEvent.Succeeded());
        await using var service = new Service { Replace = services => services.AddSingleton<IPredictionEvents>(recorded) };
        var client = await service.ReadyAsync();
        var prediction = await CreateAsync(client);

        var events = await StreamAsync(client, prediction);

        Assert.Equal(["one", " two", " three", " four", "{}"], events.Select(item => item.Data));
        foreach (var (index, one) in events.Index())
        {
            Assert.Equal(events.Skip(index + 1), await StreamAsync(client, prediction, ("Last-Event-ID", one.Id!)));
        }
    }

    [Theory]
    [InlineData("2:1", "one", " two", "{}")] // a part that the piece does not have
    [InlineData("3:9", " two", "{}")]
    [InlineData("99:0", "one", " two", "{}")] // after the end
    [InlineData("99999999999999999:0", "one", " two", "{}")]
    public async Task An_id_that_the_stream_never_sent_loses_no_text(string id, params string[] expected)
    {
        var recorded = new Recorded(
            new PredictionEvent.Started(),
            new PredictionEvent.Generated(0, "one"),
            new PredictionEvent.Generated(3, " two"),
            new PredictionEvent.Succeeded());
        await using var service = new Service { Replace = services => services.AddSingleton<IPredictionEvents>(recorded) };
        var client = await service.ReadyAsync();

        var events = await StreamAsync(client, await CreateAsync(client), ("Last-Event-ID", id));

        Assert.Equal(expected, events.Select(item => item.Data));
    }

    [Fact]
    public async Task A_failure_after_some_pieces_ends_the_stream_with_the_error()
    {
        await using var service = new Service();
        service.Predictor.TextScript = async (_, progress, _) =>
        {
            await Generate(progress, "half");
            throw new PredictionException("no more");
        };
        var client = await service.ReadyAsync();

        var events = await StreamAsync(client, await CreateAsync(client));

        Assert.Equal(
            [("output", "half"), ("error", """{"detail":"no more"}"""), ("done", """{"reason":"error"}""")],
            events.Select(item => (item.Name, item.Data)));
    }

    [Fact]
    public async Task A_webhook_gets_the_pieces_so_far_and_the_text_at_the_end()
    {
        await using var receiver = await Receiver.StartAsync();
        await using var service = new Service(Receiver.Allowed, ("Webhooks:Throttle", "00:00:00.010"));
        var client = await service.ReadyAsync();

        await client.PostJsonAsync(
            "/v1/models/lorahub/colors/predictions",
            $$$"""{"input": {"prompt": "one two"}, "webhook": "{{{receiver.Url}}}", "webhook_events_filter": ["output", "completed"]}""");
        var all = await receiver.UntilEndAsync();
        var completed = all[^1].Json;

        Assert.All(all, received => Assert.StartsWith(string.Concat(PiecesOf(received.Json)), "ONE TWO", StringComparison.Ordinal));
        Assert.Equal(["ONE", " TWO"], PiecesOf(completed));
        Assert.Equal("lorahub/colors", completed.Text("model"));
    }

    static Task Generate(IPredictionProgress progress, params ReadOnlySpan<string> pieces)
    {
        foreach (var piece in pieces)
        {
            progress.Generated(piece);
        }

        return Task.CompletedTask;
    }

    static IEnumerable<string?> PiecesOf(JsonObject prediction) => prediction["output"]!.AsArray().Select(piece => (string?)piece);

    static Task<JsonObject> CreateAsync(HttpClient client) =>
        client.PostJsonAsync("/v1/models/lorahub/colors/predictions", """{"input": {"prompt": "x"}}""");

    static async Task<IReadOnlyList<(string Name, string Data, string? Id)>> StreamAsync(
        HttpClient client, JsonObject prediction, params (string Name, string Value)[] headers)
    {
        using var response = await client.FetchAsync(prediction["urls"]!.Text("stream")!, headers);
        return EventStream.Parse(await response.TextAsync());
    }

    /// <summary>The same events for every prediction.</summary>
    sealed class Recorded(params PredictionEvent[] happened) : IPredictionEvents
    {
        public async IAsyncEnumerable<RecordedEvent> ReadAsync(
            string id, long after, [EnumeratorCancellation] CancellationToken cancellationToken)
        {
            await Task.CompletedTask;
            foreach (var (index, one) in happened.Index().Skip((int)after))
            {
                yield return new RecordedEvent(index + 1, DateTimeOffset.UnixEpoch, one);
            }
        }
    }
}
