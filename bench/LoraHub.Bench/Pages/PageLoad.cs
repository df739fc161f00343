using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;
using LoraHub.Bench.Large;
using LoraHub.Bench.Wire;

namespace LoraHub.Bench.Pages;

/// <summary>Measures the pages: the first one, two hundred live ones on one node, and what twenty watchers cost a prediction.</summary>
static class PageLoad
{
    /// <summary>The seed of a scripted prediction that runs until it is canceled (<c>tests/LoraHub.TestHost/SeedPredictor.cs</c>).</summary>
    public const int UntilCanceled = 2;

    const int OpenPages = 200, Watchers = 20, Runs = 12;

    static readonly TimeSpan Watching = TimeSpan.FromSeconds(20);

    /// <summary>What the playground loads before a visitor does anything.</summary>
    static readonly string[] First = ["/", "/_content/LoraHub.Web/lorahub.css", "/_content/LoraHub.Web/lorahub.js", "/_content/LoraHub.Web/icon.svg"];

    public static async Task PrintAsync()
    {
        Console.WriteLine(Machine.Describe());
        Console.WriteLine();
        Console.WriteLine("| what | figure |");
        Console.WriteLine("|---|---|");
        await PrintOpenPagesAsync();
        await using var program = await ServedProgram.StartWithModelsAsync();
        using var client = NewClient(program);
        await PrintFirstPageAsync(client);
        await PrintWatchedRunsAsync(client);
    }

    static async Task PrintFirstPageAsync(HttpClient client)
    {
        var (first, _) = await TimeAsync(() => LoadAsync(client, "/"));
        var times = new List<double>();
        for (var load = 0; load < 50; load++)
        {
            times.Add((await TimeAsync(() => LoadAsync(client, "/"))).Milliseconds);
        }

        var bytes = 0;
        foreach (var path in First)
        {
            bytes += await LoadAsync(client, path);
        }

        Print("playground: the first request after the start", $"{first:0} ms");
        Print("playground: median and longest of the next 50 requests", $"{Middle(times):0.0} / {times.Max():0.0} ms");
        Print("playground: sent before interaction, with style, script and icon", $"{bytes / 1000.0:0.0} kB");
    }

    /// <summary>Pages of a run in which nothing happens are sent again every five seconds.</summary>
    static async Task PrintOpenPagesAsync()
    {
        await using var program = await ServedProgram.StartAsync();
        using var client = NewClient(program);
        var id = await CreateAsync(client, new JsonObject { ["seed"] = UntilCanceled });
        await LoadAsync(client, "/");
        var (memory, processor) = (program.ResidentMiB, program.ProcessorTime);
        using var leaving = new CancellationTokenSource();
        var pages = Enumerable.Range(0, OpenPages).Select(_ => WatchAsync(client, id, leaving.Token)).ToArray();
        await Task.Delay(Watching);
        var opening = program.ProcessorTime - processor;
        processor = program.ProcessorTime;
        await Task.Delay(Watching);
        Print($"{OpenPages} live pages: memory before / with them", $"{memory:0} / {program.ResidentMiB:0} MiB");
        Print($"{OpenPages} live pages: processor time to open them and {Watching.TotalSeconds:0} s of watching", $"{opening.TotalSeconds:0.0} s");
        Print(
            $"{OpenPages} live pages: processor while watching, share of one core", $"{100 * (program.ProcessorTime - processor) / Watching:0.0} %");
        await leaving.CancelAsync();
        await Task.WhenAll(pages);
    }

    /// <summary>In turns, so that a busier machine slows both down.</summary>
    static async Task PrintWatchedRunsAsync(HttpClient client)
    {
        var (alone, watched) = (new List<double>(), new List<double>());
        await RunAsync(client, watchers: 0);
        for (var run = 0; run < Runs; run++)
        {
            alone.Add(await RunAsync(client, watchers: 0));
            watched.Add(await RunAsync(client, Watchers));
        }

        Print($"default request, median of {Runs}: without / with {Watchers} pages that watch", $"{Middle(alone):0.00} / {Middle(watched):0.00} s");
    }

    /// <returns>The seconds that the prediction ran.</returns>
    static async Task<double> RunAsync(HttpClient client, int watchers)
    {
        var id = await CreateAsync(client, new JsonObject { ["seed"] = 1 });
        var pages = Enumerable.Range(0, watchers).Select(_ => WatchAsync(client, id, CancellationToken.None)).ToArray();
        JsonNode found;
        do
        {
            await Task.Delay(50);
            found = (await client.GetFromJsonAsync<JsonNode>($"/v1/predictions/{id}"))!;
        }
        while (found["completed_at"] is null);
        await Task.WhenAll(pages);
        return (float)found["metrics"]!["predict_time"]!;
    }

    static async Task<string> CreateAsync(HttpClient client, JsonObject input)
    {
        using var created = await client.PostAsJsonAsync("/v1/predictions", new JsonObject { ["version"] = "lorahub/lorahub", ["input"] = input });
        created.EnsureSuccessStatusCode();
        return (string)(await created.Content.ReadFromJsonAsync<JsonNode>())!["id"]!;
    }

    /// <summary>Reads a live page to its end, or until the visitor leaves.</summary>
    static async Task WatchAsync(HttpClient client, string id, CancellationToken leaving)
    {
        try
        {
            using var request = Request($"/predictions/{id}");
            using var page = await client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, leaving);
            page.EnsureSuccessStatusCode();
            await page.Content.CopyToAsync(Stream.Null, leaving);
        }
        catch (OperationCanceledException) when (leaving.IsCancellationRequested)
        {
        }
    }

    /// <returns>The bytes of the content as they were sent.</returns>
    static async Task<int> LoadAsync(HttpClient client, string path)
    {
        using var request = Request(path);
        using var answer = await client.SendAsync(request);
        answer.EnsureSuccessStatusCode();
        return (await answer.Content.ReadAsByteArrayAsync()).Length;
    }

    static HttpRequestMessage Request(string path) =>
        new(HttpMethod.Get, path) { Headers = { { "Accept", "text/html,*/*" }, { "Accept-Encoding", "gzip, br" } } };

    static async Task<(double Milliseconds, int Bytes)> TimeAsync(Func<Task<int>> load)
    {
        var start = Stopwatch.GetTimestamp();
        var bytes = await load();
        return (Stopwatch.GetElapsedTime(start).TotalMilliseconds, bytes);
    }

    static double Middle(List<double> values) => values.Order().ElementAt(values.Count / 2);

    public static void Print(string what, FormattableString figure) => Console.WriteLine($"| {what} | {figure.ToString(CultureInfo.InvariantCulture)} |");

    static HttpClient NewClient(ServedProgram program) =>
        new(new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue }) { BaseAddress = program.Address, Timeout = Timeout.InfiniteTimeSpan };
}
