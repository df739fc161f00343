using System.Net;
using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Api.Tests.Telemetry;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Tests.Distributed;

namespace LoraHub.Api.Tests.Faults;

/// <summary>Kills (SIGKILL) real processes while they answer sixteen prompts at once.</summary>
[Collection(nameof(Alone))]
public sealed class BatchFaultTests(NatsServer nats, PostgresServer postgres)
{
    const int Batch = 16, Canceled = 5;

    static readonly TimeSpan Limit = TimeSpan.FromSeconds(90);

    static readonly (string Key, string Value)[] Common = [("Queue:Lease", "00:00:02"), ("Queue:MaxAttempts", "1000"), ("Log:Format", "text")];

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public Task A_killed_process_answers_its_batch_after_the_next_start() => RunOneProcessAsync(kills: 1);

    [Fact]
    [LongRunning]
    public Task A_batch_survives_many_kills_of_its_process() => RunOneProcessAsync(kills: 6);

    [Fact]
    public Task A_killed_worker_and_a_killed_node_lose_no_prompt_of_a_batch() => RunManyProcessesAsync(kills: 1);

    [Fact]
    [LongRunning]
    public Task A_batch_survives_many_kills_of_its_worker_and_its_node() => RunManyProcessesAsync(kills: 4);

    static async Task RunOneProcessAsync(int kills)
    {
        await using var node = new Node("the process", NatsServer.FreePort(), Common);
        await node.StartAsync();
        await RunAsync(node, [node], kills);
    }

    async Task RunManyProcessesAsync(int kills)
    {
        (string Key, string Value)[] shared =
            [.. Common, ("Distributed:Nats", nats.UrlOrSkip()), ("Distributed:Prefix", "batch" + PredictionId.New()[..20])];
        await using var api = new Node(
            "api", NatsServer.FreePort(), [.. shared, ("Role", "api"), ("Distributed:Postgres", await postgres.NewDatabaseOrSkipAsync())]);
        await using var worker = new Node("worker", NatsServer.FreePort(), [.. shared, ("Role", "worker")]);
        await Task.WhenAll(api.StartAsync(), worker.StartAsync());
        await RunAsync(api, [worker, api], kills);
    }

    static async Task RunAsync(Node api, IReadOnlyList<Node> victims, int kills)
    {
        using var client = new HttpClient { BaseAddress = api.Address, Timeout = Limit };
        var seconds = 2 + (3 * kills * victims.Count); // longer than all kills
        var prompts = await Task.WhenAll(Enumerable.Range(0, Batch)
            .Select(index => CreateAsync(client, index + 1, index == Canceled ? (int)Limit.TotalSeconds : seconds))); // it runs until it is canceled
        var reading = prompts.Select(prompt => ReadAsync(client, prompt)).ToArray();
        await UntilAsync(client, prompts, seen => seen["output"] is JsonArray { Count: > 0 });

        using (var cancel = await client.PostAsync($"/v1/predictions/{prompts[Canceled].Id}/cancel", json: null))
        {
            Assert.Equal(HttpStatusCode.OK, cancel.StatusCode);
        }

        for (var kill = 0; kill < kills; kill++)
        {
            foreach (var victim in victims)
            {
                await victim.KillAsync();
                await victim.StartAsync();
                await Task.Delay(TimeSpan.FromSeconds(1), Cancellation);
            }
        }

        await UntilAsync(client, prompts, seen => seen["completed_at"] is not null);
        await Task.WhenAll(reading).WaitAsync(Limit, Cancellation);
        foreach (var (index, prompt) in prompts.Index())
        {
            await JudgeAsync(client, prompt, index == Canceled);
        }
    }

    static async Task JudgeAsync(HttpClient client, AskedPrompt prompt, bool isCanceled)
    {
        var ended = await client.GetJsonAsync($"/v1/predictions/{prompt.Id}");
        Assert.Equal(isCanceled ? "canceled" : "succeeded", ended.Text("status"));
        var whole = EventStream.Parse(await client.GetStringAsync(prompt.Stream, Cancellation));
        Assert.Single(whole, one => one.Name == "done"); // it ended once
        Assert.Equal(whole.Select(one => one.Data), prompt.Read.Select(one => one.Data)); // as the reader saw it, over all its connections
        if (!isCanceled)
        {
            Assert.Equal(prompt.Answer, string.Concat(ended["output"]!.AsArray().Select(piece => (string)piece!)));
            Assert.Equal(prompt.Answer, string.Concat(prompt.Read.Where(one => one.Name == "output").Select(one => one.Data)));
        }
    }

    /// <param name="seconds">How long the answer takes.</param>
    static async Task<AskedPrompt> CreateAsync(HttpClient client, int number, int seconds)
    {
        var text = string.Join(' ', Enumerable.Range(1, 20 * seconds).Select(word => $"p{number}w{word}"));
        var created = await client.PostJsonAsync(
            "/v1/models/lorahub/plurals/predictions", $$"""{"input": {"seed": {{1000 * seconds}}, "prompt": "{{text}}"} }""");
        return new AskedPrompt(created.Text("id")!, new Uri((string)created["urls"]!["stream"]!).AbsolutePath, text.ToUpperInvariant());
    }

    /// <summary>Reads the stream to its end, and connects again whenever it breaks.</summary>
    static async Task ReadAsync(HttpClient client, AskedPrompt prompt)
    {
        while (!prompt.Read.Exists(one => one.Name == "done"))
        {
            try
            {
                using var request = new HttpRequestMessage(HttpMethod.Get, prompt.Stream);
                if (prompt.Read is [.., (_, _, { } last)])
                {
                    request.Headers.Add("Last-Event-ID", last);
                }

                using var response = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, Cancellation);
                response.EnsureSuccessStatusCode();
                using var reader = new StreamReader(await response.Content.ReadAsStreamAsync(Cancellation));
                var block = "";
                while (await reader.ReadLineAsync(Cancellation) is { } line)
                {
                    block += line.StartsWith(':') || line.StartsWith("retry", StringComparison.Ordinal) ? "" : line + "\n";
                    if (line.Length == 0)
                    {
                        prompt.Read.AddRange(EventStream.Parse(block)); // only complete events count
                        block = "";
                    }
                }
            }
            catch (Exception exception) when (exception is HttpRequestException or IOException or TaskCanceledException { InnerException: TimeoutException })
            {
                await Task.Delay(100, Cancellation);
            }
        }
    }

    static async Task UntilAsync(HttpClient client, IEnumerable<AskedPrompt> prompts, Func<JsonObject, bool> condition)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(Cancellation);
        limit.CancelAfter(Limit);
        foreach (var prompt in prompts)
        {
            while (await FindAsync(client, prompt.Id) is not { } seen || !condition(seen))
            {
                await Task.Delay(100, limit.Token);
            }
        }
    }

    /// <returns>Null while the node is away.</returns>
    static async Task<JsonObject?> FindAsync(HttpClient client, string id)
    {
        try
        {
            return await client.GetJsonAsync($"/v1/predictions/{id}");
        }
        catch (Exception exception) when (exception is HttpRequestException or IOException or System.Text.Json.JsonException)
        {
            return null;
        }
    }

    sealed record AskedPrompt(string Id, string Stream, string Answer)
    {
        public List<(string Name, string Data, string? Id)> Read { get; } = [];
    }
}
