using System.Globalization;
using System.Runtime.CompilerServices;
using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using LoraHub.Api.Worker;
using LoraHub.Core.Json;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Replicate.Predictions;

/// <summary>Streams a prediction as Replicate's events: <c>output</c>, <c>error</c> and <c>done</c>.</summary>
static class ReplicateStream
{
    /// <summary>Ends with a single line feed: after a blank line, Replicate's Go client loses the last event id.</summary>
    const string Ping = ": ping\n";

    public static async Task<IResult> StreamAsync(
        string address,
        HttpContext http,
        RunAddresses addresses,
        OpenStreams open,
        IPredictionStore store,
        IPredictionEvents events,
        IOptions<ApiOptions> options,
        GracefulStop stop,
        TimeProvider time)
    {
        using var slot = open.TryOpen();
        if (slot is null)
        {
            return Problems.Because(StatusCodes.Status429TooManyRequests, null, "Too many streams are open; try again when one has closed.");
        }

        if (addresses.IdOf(address) is not { } id || await store.FindCreatedAsync(id, http.RequestAborted) is not { } created)
        {
            return Problems.NotFound();
        }

        var after = StreamPosition.Parse(http.Request.Headers["Last-Event-ID"].ToString());
        var keepAlive = new KeepAlive(Ping, options.Value.Heartbeat, time);
        await http.Response.WriteEventsAsync(ReadAsync(events, created, after), keepAlive, stop.Over);
        return TypedResults.Empty;
    }

    static async IAsyncEnumerable<ServerSentEvent> ReadAsync(
        IPredictionEvents events,
        CreatedPrediction created,
        StreamPosition after,
        [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // A text is read from its start, because what a piece adds depends on those before it. Otherwise it starts at the last event again: that may
        // map to two stream events, of which the client received one.
        var start = created.Kind == PredictionKind.Generate ? 0 : Math.Max(0, after.Sequence - 1);
        var (sent, last) = (new SentText(), 0L);
        await foreach (var recorded in events.ReadAsync(created.Id, start, cancellationToken))
        {
            last = recorded.Sequence;
            var parts = StreamEvents(recorded.Event, created.Origin, sent);
            for (var part = after.PartsIn(recorded.Sequence, parts.Count); part < parts.Count; part++)
            {
                yield return new ServerSentEvent(parts[part].Name, parts[part].Data, new StreamPosition(last, part).ToString());
            }
        }

        if (last < after.Sequence) // the client's id is not of this stream, so that it has none of the events
        {
            await foreach (var missed in ReadAsync(events, created, StreamPosition.Start, cancellationToken))
            {
                yield return missed;
            }
        }
    }

    static IReadOnlyList<(string Name, string Data)> StreamEvents(PredictionEvent happened, string origin, SentText sent) => happened switch
    {
        PredictionEvent.Generated(var start, var text) => Output(sent.Add(start, text)),
        PredictionEvent.Answered({ Text: { } pieces }) => Output(sent.Add(0, string.Concat(pieces))),
        PredictionEvent.Answered(var output) => Output(WireJson.Write(WireOutput.From(output, origin))),
        PredictionEvent.Succeeded => [("done", "{}")],
        PredictionEvent.Failed(var error) => [("error", WireJson.Write(new { detail = error })), ("done", """{"reason":"error"}""")],
        PredictionEvent.Canceled => [("done", """{"reason":"canceled"}""")],
        _ => [], // includes log lines: Replicate's Go client fails on unknown events
    };

    static IReadOnlyList<(string Name, string Data)> Output(string data) => data.Length == 0 ? [] : [("output", data)];

    /// <summary>How much of a text a client has: after a worker was lost, the next attempt generates the text from its start again.</summary>
    sealed class SentText
    {
        int _length;

        /// <returns>What the client does not have yet of a piece; may be empty.</returns>
        public string Add(int start, string piece)
        {
            var known = Math.Clamp(_length - start, 0, piece.Length);
            _length = Math.Max(_length, start + piece.Length);
            return piece[known..];
        }
    }

    /// <summary>An event's id on the wire: the sequence number of the prediction's event, and the index among its stream events.</summary>
    sealed record StreamPosition(long Sequence, int Part)
    {
        public static readonly StreamPosition Start = new(0, 0);

        /// <summary>
        /// How many of an event's parts a client at this position has. At a part that the event does not have, which was never sent, it has none of
        /// them.
        /// </summary>
        /// <param name="count">The number of the event's parts.</param>
        public int PartsIn(long sequence, int count) => sequence < Sequence ? count : sequence == Sequence && Part < count ? Part + 1 : 0;

        /// <returns>The start of the stream when the text is not a position.</returns>
        public static StreamPosition Parse(string text)
        {
            var parts = text.Split(':');
            return parts is [var first, var second]
                && long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
                && int.TryParse(second, NumberStyles.None, CultureInfo.InvariantCulture, out var part)
                    ? new StreamPosition(sequence, part)
                    : Start;
        }

        public override string ToString() => $"{Sequence}:{Part}";
    }
}
