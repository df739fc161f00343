using System.Collections.Concurrent;
using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Tests.Faults;

/// <summary>Clients that create, cancel and read predictions, and retry when a node is down.</summary>
sealed class Load(IReadOnlyList<Uri> addresses, string hook, History history) : IDisposable
{
    /// <summary>Seeds of the scripted predictor (see tests/LoraHub.TestHost): answer, fail, hang, run for the given milliseconds.</summary>
    static readonly int[] Seeds = [7, 7, 7, 1, 2, 300, 300, 800];

    const string Words = "twelve small words that a client may see one after the other";

    readonly HttpClient _http = new() { Timeout = TimeSpan.FromSeconds(10) };

    public ConcurrentDictionary<string, Promise> Promises { get; } = new(StringComparer.Ordinal);

    /// <summary>One client. The seed determines its actions, as far as the service answers.</summary>
    public async Task RunAsync(int seed, CancellationToken stopping)
    {
        var random = new Random(seed);
        var reading = new List<Task>();
        while (!stopping.IsCancellationRequested)
        {
            var script = Seeds[random.Next(Seeds.Length)];
            var (hasWebhook, isRead, cancelAfter) = (random.Next(3) == 0, random.Next(3) == 0, random.Next(100, 1500));
            var isToCancel = script == 2 || random.Next(5) == 0;
            if (await CreateAsync(random, script, hasWebhook, stopping) is { } promise)
            {
                reading.Add(isRead ? ReadAsync(promise, random.Next(), stopping) : Task.CompletedTask);
                if (isToCancel)
                {
                    await PauseAsync(cancelAfter, stopping);
                    await CancelAsync(promise, random);
                }
            }

            await PauseAsync(random.Next(20, 200), stopping);
        }

        await Task.WhenAll(reading);
    }

    /// <returns>The prediction, from the first node that answers.</returns>
    public async Task<JsonObject> GetAsync(string path, int node)
    {
        while (true)
        {
            if (await TryAsync(HttpMethod.Get, $"{addresses[node]}{path}", null) is ({ } status, var body))
            {
                return status == HttpStatusCode.OK ? JsonNode.Parse(body)!.AsObject()
                    : throw new InvalidOperationException($"GET {path} is {status}: {body}");
            }

            await Task.Delay(100);
        }
    }

    /// <summary>The whole stream of a finished prediction, read from the start.</summary>
    public async Task<string> ReplayAsync(string url)
    {
        while (true)
        {
            if (await TryAsync(HttpMethod.Get, url, json: null) is (HttpStatusCode.OK, var body))
            {
                return body;
            }

            await Task.Delay(100);
        }
    }

    public void Dispose() => _http.Dispose();

    /// <returns>Null when no node acknowledged it.</returns>
    async Task<Promise?> CreateAsync(Random random, int script, bool hasWebhook, CancellationToken stopping)
    {
        var input = $$"""{"seed": {{script}}, "max_inference_step": 10}""";
        var webhook = hasWebhook ? $$""", "webhook": "{{hook}}" """ : "";
        switch (random.Next(4))
        {
            case 0:
                return Acknowledge(await TryAsync(HttpMethod.Post, $"{Any(random)}v1/predictions",
                    $$"""{"version": "lorahub/lorahub", "input": {{input}}{{webhook}}}"""), hasWebhook);
            case 1:
                var prompt = $$"""{"prompt": "{{Words}}", "seed": {{script}}}""";
                return Acknowledge(await TryAsync(HttpMethod.Post, $"{Any(random)}v1/models/lorahub/plurals/predictions",
                    $$"""{"input": {{prompt}}{{webhook}}}"""), hasWebhook, Words.ToUpperInvariant());
        }

        // Repeats the id until a node answers: the prediction is created once.
        var id = PredictionId.New();
        while (!stopping.IsCancellationRequested)
        {
            if (await TryAsync(HttpMethod.Put, $"{Any(random)}predictions/{id}", $$"""{"input": {{input}}{{webhook}}}""",
                ("Prefer", "respond-async")) is (HttpStatusCode.Accepted or HttpStatusCode.OK, _))
            {
                return Acknowledge(id, hasWebhook, stream: null);
            }

            await PauseAsync(100, stopping);
        }

        return null;
    }

    Promise? Acknowledge((HttpStatusCode Status, string Body)? response, bool hasWebhook, string? answer = null) =>
        response is (HttpStatusCode.Created, var body) && JsonNode.Parse(body)!.AsObject() is var created
            ? Acknowledge(created.Text("id")!, hasWebhook, (string?)created["urls"]!["stream"], answer)
            : null;

    Promise Acknowledge(string id, bool hasWebhook, string? stream, string? answer = null)
    {
        history.Add($"{id} acknowledged");
        var promise = Promises.GetOrAdd(id, _ => new Promise(id) { HasWebhook = hasWebhook });
        (promise.Stream, promise.Answer) = (stream, answer);
        return promise;
    }

    async Task CancelAsync(Promise promise, Random random)
    {
        while (true)
        {
            if (await TryAsync(HttpMethod.Post, $"{Any(random)}v1/predictions/{promise.Id}/cancel", "") is (HttpStatusCode.OK, var body))
            {
                var status = JsonNode.Parse(body)!.Text("status");
                promise.IsCanceled = status is "starting" or "processing" or "canceled";
                history.Add($"{promise.Id} cancel acknowledged: {status}");
                return;
            }

            await Task.Delay(100);
        }
    }

    /// <summary>Reads a stream to its end, reconnecting as needed.</summary>
    async Task ReadAsync(Promise promise, int seed, CancellationToken stopping)
    {
        var random = new Random(seed);
        while (promise.Stream is { } url && !stopping.IsCancellationRequested && !promise.Read.Contains("event: done", StringComparison.Ordinal))
        {
            try
            {
                await ReadOnceAsync(promise, $"{Any(random)}v1/streams/{new Uri(url).Segments[^1]}", stopping);
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
            {
                await PauseAsync(100, stopping);
            }
        }
    }

    async Task ReadOnceAsync(Promise promise, string url, CancellationToken stopping)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, url);
        if (promise.LastEventId is { } last)
        {
            request.Headers.Add("Last-Event-ID", last);
        }

        using var response = await _http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, stopping);
        if (!response.IsSuccessStatusCode)
        {
            await PauseAsync(100, stopping);
            return;
        }

        using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(stopping));
        var block = "";
        while (await reader.ReadLineAsync(stopping) is { } line)
        {
            block += line.StartsWith(':') || line.StartsWith("retry", StringComparison.Ordinal) ? "" : line + "\n";
            if (line.Length == 0 && block.Length > 1)
            {
                promise.Add(block); // only complete events count, as for any reader
                promise.LastEventId = block.Split('\n').First(field => field.StartsWith("id: ", StringComparison.Ordinal))[4..];
                block = "";
            }
        }
    }

    async Task<(HttpStatusCode Status, string Body)?> TryAsync(HttpMethod method, string url, string? json,
        params (string Name, string Value)[] headers)
    {
        try
        {
            using var response = await _http.SendAsync(method, url, json, headers);
            var status = response.StatusCode;
            return status >= HttpStatusCode.InternalServerError ? null : (status, await response.TextAsync());
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or OperationCanceledException)
        {
            return null;
        }
    }

    Uri Any(Random random) => addresses[random.Next(addresses.Count)];

    static async Task PauseAsync(int milliseconds, CancellationToken stopping)
    {
        try
        {
            await Task.Delay(milliseconds, stopping);
        }
        catch (OperationCanceledException)
        {
            // Then without a pause.
        }
    }
}
