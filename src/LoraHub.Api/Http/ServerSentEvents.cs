using System.Text;

namespace LoraHub.Api.Http;

/// <summary>One event of a <c>text/event-stream</c>.</summary>
readonly record struct ServerSentEvent(string Name, string Data, string? Id = null)
{
    /// <summary>The event as it goes over the wire. Lines end in LF alone: Replicate's Go client knows nothing else.</summary>
    public string Format()
    {
        var text = new StringBuilder().Append("event: ").Append(Name).Append('\n');
        if (Id is not null)
        {
            text.Append("id: ").Append(Id).Append('\n');
        }

        foreach (var line in Data.ReplaceLineEndings("\n").Split('\n'))
        {
            text.Append("data: ").Append(line).Append('\n');
        }

        return text.Append('\n').ToString();
    }
}

static class ServerSentEvents
{
    /// <summary>Writes the events as they come, each whole and at once, and the comment whenever there was silence for as long as the heartbeat.</summary>
    /// <param name="stopping">Fires when the service lets its readers go; they are told to come back in a second.</param>
    /// <returns>After the last event, when the client has left, or when it was let go.</returns>
    public static async Task WriteEventsAsync(
        this HttpResponse response, IAsyncEnumerable<ServerSentEvent> events, string comment, TimeSpan heartbeat, TimeProvider time, CancellationToken stopping)
    {
        response.ContentType = "text/event-stream";
        response.Headers.CacheControl = "no-store";
        response.Headers["X-Accel-Buffering"] = "no"; // nginx would hold the events back

        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(response.HttpContext.RequestAborted, stopping);
        await using var reader = events.GetAsyncEnumerator(leaving.Token);
        var next = reader.MoveNextAsync().AsTask();
        try
        {
            await response.Body.FlushAsync(leaving.Token);
            while (await NextAsync(next, response, comment, heartbeat, time, leaving.Token))
            {
                await WriteAsync(response, reader.Current.Format(), leaving.Token);
                next = reader.MoveNextAsync().AsTask();
            }
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
            if (!response.HttpContext.RequestAborted.IsCancellationRequested)
            {
                await WriteAsync(response, "retry: 1000\n", response.HttpContext.RequestAborted);
            }
        }
        finally
        {
            await leaving.CancelAsync();
            await next.ContinueWith(_ => { }, CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default); // an enumerator may be disposed only at rest
        }
    }

    static async Task<bool> NextAsync(
        Task<bool> next, HttpResponse response, string comment, TimeSpan heartbeat, TimeProvider time, CancellationToken cancellationToken)
    {
        while (true)
        {
            try
            {
                return await next.WaitAsync(heartbeat, time, cancellationToken);
            }
            catch (TimeoutException) when (!next.IsFaulted)
            {
                // The event may have come at this very moment; then a comment before it does no harm.
                await WriteAsync(response, comment, cancellationToken);
            }
        }
    }

    static async Task WriteAsync(HttpResponse response, string text, CancellationToken cancellationToken)
    {
        await response.WriteAsync(text, cancellationToken);
        await response.Body.FlushAsync(cancellationToken);
    }
}
