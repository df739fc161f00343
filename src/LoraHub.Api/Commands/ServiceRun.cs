using System.Net.Http.Headers;
using System.Net.ServerSentEvents;
using System.Text.Json.Nodes;

namespace LoraHub.Api.Commands;

/// <summary>Answers a prompt by a running service, and shows its stream.</summary>
static class ServiceRun
{
    const int MostAttempts = 5;

    static readonly string[] Shown = ["id", "model", "version", "status", "output", "error", "metrics"];

    static readonly TimeSpan RetryDelay = TimeSpan.FromSeconds(1), CancelTime = TimeSpan.FromSeconds(10);

    /// <returns>The exit code.</returns>
    /// <exception cref="ServiceException">The service refused the prompt, or stopped answering.</exception>
    public static async Task<int> RunAsync(Invocation invocation, ServiceClient service, string model, JsonObject given)
    {
        var created = await service.SendAsync(
            HttpMethod.Post,
            service.Address("predictions"),
            new JsonObject { ["version"] = model, ["input"] = given },
            "the prompt",
            invocation.CancellationToken);
        try
        {
            var terminal = new TextTerminal(invocation.Output);
            await FollowAsync(service, UrlOf(created, "stream"), terminal, invocation.CancellationToken);
            var ended = await service.SendAsync(HttpMethod.Get, UrlOf(created, "get"), null, "to show the prediction", invocation.CancellationToken);
            return Show(invocation.Output, ended, terminal);
        }
        catch (OperationCanceledException) when (invocation.CancellationToken.IsCancellationRequested)
        {
            using var limit = new CancellationTokenSource(CancelTime);
            await service.SendAsync(HttpMethod.Post, UrlOf(created, "cancel"), null, "to cancel the prediction", limit.Token);
            throw;
        }
    }

    /// <summary>Shows the pieces until the stream is done. A stream that breaks is resumed after its last event.</summary>
    static async Task FollowAsync(ServiceClient service, Uri stream, TextTerminal terminal, CancellationToken cancellationToken)
    {
        var last = "";
        for (var attempts = 1; ; attempts++)
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, stream);
                request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue("text/event-stream"));
                request.Headers.Add("Last-Event-ID", last);
                using var response = await service.SendAsync(request, cancellationToken);
                if (!response.IsSuccessStatusCode)
                {
                    await ServiceClient.ReadAsync(response, "to stream the prediction", cancellationToken);
                }

                await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
                await foreach (var item in SseParser.Create(body).EnumerateAsync(cancellationToken))
                {
                    (last, attempts) = (item.EventId ?? last, 0);
                    if (item.EventType == "done")
                    {
                        return;
                    }

                    if (item.EventType == "output")
                    {
                        terminal.Write(item.Data);
                    }
                }
            }
            catch (Exception exception) when (
                exception is IOException or ServiceException { InnerException: HttpRequestException } && attempts < MostAttempts)
            {
                // The connection broke, or the service restarts.
            }

            if (attempts >= MostAttempts)
            {
                throw new ServiceException("The stream of the prediction ended too early.");
            }

            await Task.Delay(RetryDelay, cancellationToken);
        }
    }

    static int Show(Output output, JsonObject ended, TextTerminal terminal)
    {
        if (ended["logs"]?.ToString() is { Length: > 0 } logs)
        {
            terminal.Log(logs);
        }

        terminal.End();
        if (output.IsJson)
        {
            Output.WriteJson(new JsonObject(Shown.Select(name => KeyValuePair.Create(name, ended[name]?.DeepClone()))));
        }

        if (ended["error"]?.ToString() is { Length: > 0 } error)
        {
            Output.Note($"The prediction failed: {error}");
        }

        return ended["status"]?.ToString() switch
        {
            "succeeded" => ExitCode.Succeeded,
            "canceled" => ExitCode.Canceled,
            _ => ExitCode.Failed,
        };
    }

    /// <exception cref="ServiceException">The service named no such URL.</exception>
    static Uri UrlOf(JsonObject created, string name) =>
        Uri.TryCreate(created["urls"]?[name]?.ToString(), UriKind.Absolute, out var url)
        && (url.Scheme == Uri.UriSchemeHttp || url.Scheme == Uri.UriSchemeHttps)
            ? url
            : throw new ServiceException("The answer is not from a LoraHub service: it has no URLs.");
}
