using System.Globalization;
using System.Runtime.CompilerServices;
using LoraHub.Api.Configuration;
using LoraHub.Api.Http;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.Options;

namespace LoraHub.Api.Replicate.Predictions;

/// <summary>A prediction's events in Replicate's words: the output, an error, the end.</summary>
static class ReplicateStream
{
    /// <summary>One line feed: after a blank line Replicate's Go client forgets the last id.</summary>
    const string Ping = ": ping\n";

    public static async Task<IResult> StreamAsync(
        string address, HttpContext http, StreamAddress streams, OpenStreams open, IPredictionStore store, IPredictionEvents events, IOptions<ApiOptions> options, GracefulStop stop, TimeProvider time)
    {
        using var place = open.TryOpen();
        if (place is null)
        {
            return Problems.Because(StatusCodes.Status429TooManyRequests, null, "Too many streams are open; try again when one has closed.");
        }

        if (streams.IdOf(address) is not { } id || await store.FindAsync(id, http.RequestAborted) is null)
        {
            return Problems.NotFound();
        }

        var after = StreamPosition.Parse(http.Request.Headers["Last-Event-ID"].ToString());
        await http.Response.WriteEventsAsync(ReadAsync(events, id, after), Ping, options.Value.Heartbeat, time, stop.Over);
        return TypedResults.Empty;
    }

    static async IAsyncEnumerable<ServerSentEvent> ReadAsync(
        IPredictionEvents events, string id, StreamPosition after, [EnumeratorCancellation] CancellationToken cancellationToken = default)
    {
        // From the last event itself on: it may have made two of the stream's, of which the client has seen one.
        await foreach (var recorded in events.ReadAsync(id, Math.Max(0, after.Sequence - 1), cancellationToken))
        {
            var part = 0;
            foreach (var (name, data) in Words(recorded.Event))
            {
                var position = new StreamPosition(recorded.Sequence, part++);
                if (position.IsAfter(after))
                {
                    yield return new ServerSentEvent(name, data, position.ToString());
                }
            }
        }
    }

    static IReadOnlyList<(string Name, string Data)> Words(PredictionEvent happened) => happened switch
    {
        PredictionEvent.Answered(var output) => [("output", WireJson.Write(output))],
        PredictionEvent.Succeeded => [("done", "{}")],
        PredictionEvent.Failed(var error) => [("error", WireJson.Write(new { detail = error })), ("done", """{"reason":"error"}""")],
        PredictionEvent.Canceled => [("done", """{"reason":"canceled"}""")],
        _ => [], // log lines too: Replicate's Go client takes no event that it does not know
    };

    /// <summary>An event's id on the wire: the sequence number of what happened, and which of the events that it made.</summary>
    sealed record StreamPosition(long Sequence, int Part)
    {
        public bool IsAfter(StreamPosition other) => (Sequence, Part).CompareTo((other.Sequence, other.Part)) > 0;

        /// <summary>The start of the stream when the text is no position.</summary>
        public static StreamPosition Parse(string text)
        {
            var parts = text.Split(':');
            return parts is [var first, var second]
                && long.TryParse(first, NumberStyles.None, CultureInfo.InvariantCulture, out var sequence)
                && int.TryParse(second, NumberStyles.None, CultureInfo.InvariantCulture, out var part)
                    ? new StreamPosition(sequence, part)
                    : new StreamPosition(0, 0);
        }

        public override string ToString() => $"{Sequence}:{Part}";
    }
}
