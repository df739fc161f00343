using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using LoraHub.Servers;

namespace LoraHub.Bench.Queue;

/// <summary>Measures how fast predictions are created, started and ended on both engines, over HTTP, with a model that costs nothing.</summary>
static class QueueLoad
{
    /// <summary>Seeds of scripted predictions (<c>tests/LoraHub.TestHost/SeedPredictor.cs</c>): one succeeds at once, one runs for 100 ms.</summary>
    const int Instant = 7, TenthOfASecond = 100;

    const int Clients = 8, Idle = 200, Backlog = 1000, Records = 100_000;

    public static async Task PrintAsync()
    {
        var rows = new List<string>();
        await using (var embedded = await Deployment.EmbeddedAsync())
        {
            rows.Add(await RowAsync(embedded));
        }

        if (NatsProcess.IsInstalled && PostgresProcess.IsInstalled)
        {
            await using var nats = new NatsProcess();
            await nats.StartAsync();
            await using var postgres = new PostgresProcess();
            await postgres.InitializeFolderAsync();
            await postgres.StartAsync();
            foreach (var workers in new[] { 1, 2, 4 })
            {
                await using var distributed = await Deployment.DistributedAsync(nats, postgres, workers);
                rows.Add(await RowAsync(distributed));
            }
        }
        else
        {
            rows.Add("| NATS, PostgreSQL | not installed here | | | | |");
        }

        Console.WriteLine("| engine | create to start, idle: median / 99 % | create to the end by `Prefer: wait`: median / 99 % | creations a second "
            + "| ends a second, instant predictions | ends a second, predictions of 100 ms |\n|---|---|---|---|---|---|");
        rows.ForEach(Console.WriteLine);
        Console.WriteLine();
        Console.WriteLine(await ManyRecords.RowsAsync(Records));
    }

    static async Task<string> RowAsync(Deployment deployment)
    {
        await deployment.ReadyAsync();
        using var client = new HttpClient { BaseAddress = deployment.Address, Timeout = Timeout.InfiniteTimeSpan };
        await OneByOneAsync(client, 20); // warms up: compiles the code paths
        var (starts, ends) = await OneByOneAsync(client, Idle);
        var (creations, instant) = await DrainAsync(client, Instant, Backlog);
        var (_, working) = await DrainAsync(client, TenthOfASecond, 100);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"| {deployment.Name} | {At(starts, 0.5):0.0} / {At(starts, 0.99):0.0} ms | {At(ends, 0.5):0.0} / {At(ends, 0.99):0.0} ms "
            + $"| {creations:0} | {instant:0} | {working:0.0} |");
    }

    /// <returns>Milliseconds from creation to start by the service's clock, and to the final response by the client's.</returns>
    static async Task<(double[] Starts, double[] Ends)> OneByOneAsync(HttpClient client, int count)
    {
        var (starts, ends) = (new List<double>(), new List<double>());
        for (var i = 0; i < count; i++)
        {
            var before = Stopwatch.GetTimestamp();
            var prediction = await CreateAsync(client, Instant, "wait");
            ends.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
            starts.Add((Time(prediction, "started_at") - Time(prediction, "created_at")).TotalMilliseconds);
        }

        return ([.. starts.Order()], [.. ends.Order()]);
    }

    /// <summary>Creates predictions as fast as the clients can, and waits until all have ended.</summary>
    static async Task<(double CreationsASecond, double EndsASecond)> DrainAsync(HttpClient client, int seed, int count)
    {
        var start = Stopwatch.GetTimestamp();
        var created = await Task.WhenAll(Enumerable.Range(0, Clients).Select(_ => CreateManyAsync(client, seed, count / Clients)));
        var creating = Stopwatch.GetElapsedTime(start);
        var all = created.SelectMany(those => those).ToArray();
        var ended = new List<JsonNode>();
        foreach (var id in all)
        {
            ended.Add(await EndAsync(client, id));
        }

        // From the first start to the last end, by the service's clock.
        var working = ended.Max(prediction => Time(prediction, "completed_at")) - ended.Min(prediction => Time(prediction, "started_at"));
        return (all.Length / creating.TotalSeconds, all.Length / working.TotalSeconds);
    }

    static async Task<IReadOnlyList<string>> CreateManyAsync(HttpClient client, int seed, int count)
    {
        var ids = new List<string>();
        for (var i = 0; i < count; i++)
        {
            ids.Add((string)(await CreateAsync(client, seed, prefer: null))["id"]!);
        }

        return ids;
    }

    static async Task<JsonNode> EndAsync(HttpClient client, string id)
    {
        while (true)
        {
            var prediction = (await client.GetFromJsonAsync<JsonNode>($"/v1/predictions/{id}"))!;
            if (prediction["completed_at"] is not null)
            {
                return prediction;
            }

            await Task.Delay(20);
        }
    }

    static async Task<JsonNode> CreateAsync(HttpClient client, int seed, string? prefer)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, "/v1/predictions")
        {
            Content = JsonContent.Create(new { version = "lorahub/lorahub", input = new { seed, max_inference_step = 10 } }),
        };
        request.Headers.TryAddWithoutValidation("Prefer", prefer ?? "");
        using var response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonNode>())!;
    }

    static DateTimeOffset Time(JsonNode prediction, string key) => DateTimeOffset.Parse((string)prediction[key]!, CultureInfo.InvariantCulture);

    static double At(double[] sorted, double part) => sorted[(int)Math.Min(sorted.Length - 1, part * sorted.Length)];
}
