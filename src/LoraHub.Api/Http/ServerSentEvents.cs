using LoraHub.Core.Threading;

namespace LoraHub.Api.Http;

/// <summary>Keeps a stream's connection open while there are no events.</summary>
/// <param name="Comment">Sent after each <paramref name="Interval"/> without an event.</param>
readonly record struct KeepAlive(string Comment, TimeSpan Interval, TimeProvider Time);

static class ServerSentEvents
{
    const string RetryInOneSecond = "retry: 1000\n";

    /// <summary>Writes and flushes each event as it arrives, and the keep-alive comment while none arrives.</summary>
    /// <param name="stopping">Ends the stream when the service stops. The client is asked to reconnect after one second.</param>
    /// <returns>Completes after the last event, when the client disconnects, or when the service stops.</returns>
    public static async Task WriteEventsAsync(
        this HttpResponse response, IAsyncEnumerable<ServerSentEvent> events, KeepAlive keepAlive, CancellationToken stopping)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no"; // else nginx buffers the events

        var aborted = response.HttpContext.RequestAborted;
        using var linked = CancellationTokenSource.CreateLinkedTokenSource(aborted, stopping);
        await using var reader = new PendingReader<ServerSentEvent>(events, linked.Token);
        try
        {
            await response.Body.FlushAsync(linked.Token);
            while (await NextAsync(reader, response, keepAlive, linked.Token))
            {
                await WriteAsync(response, reader.Take().Format(), linked.Token);
            }
        }
        catch (OperationCanceledException) when (linked.IsCancellationRequested)
        {
            if (!aborted.IsCancellationRequested)
            {
                await WriteAsync(response, RetryInOneSecond, aborted);
            }
        }
    }

    static async Task<bool> NextAsync(
        PendingReader<ServerSentEvent> reader, HttpResponse response, KeepAlive keepAlive, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await reader.Next.WaitAsync(keepAlive.Interval, keepAlive.Time, cancellationToken);
            }
            catch (TimeoutException) when (!reader.Next.IsFaulted) // a comment just before an event is harmless
            {
                await WriteAsync(response, keepAlive.Comment, cancellationToken);
            }
        }
    }

    static async Task WriteAsync(HttpResponse response, string text, CancellationToken cancellationToken)
    {
        await response.WriteAsync(text, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }
}
