using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace LoraHub.Bench.Wire;

/// <summary>Opens a thousand streams of a running prediction at once and probes the real program, with a scripted model, meanwhile.</summary>
static class StreamBurst
{
    const int Streams = 1000;

    /// <summary>The seed of a scripted prediction that runs until it is canceled (<c>tests/LoraHub.TestHost/SeedPredictor.cs</c>).</summary>
    const int UntilCanceled = 2;

    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(20);

    public static async Task PrintAsync()
    {
        await using var program = await ServedProgram.StartAsync("--Worker:Slots", "2");
        using var readers = NewClient(program);
        using var probes = NewClient(program);
        await ProbeAsync(probes);
        var hanging = new { version = "lorahub/lorahub", input = new { seed = UntilCanceled } };
        using var created = await readers.PostAsJsonAsync("/v1/predictions", hanging);
        var url = (string)(await created.Content.ReadFromJsonAsync<JsonNode>())!["urls"]!["stream"]!;
        for (var burst = 1; burst <= 3; burst++)
        {
            await BurstAsync(burst, readers, probes, url);
        }
    }

    static async Task BurstAsync(int burst, HttpClient readers, HttpClient probes, string url)
    {
        var start = Stopwatch.GetTimestamp();
        var opening = Task.WhenAll(Enumerable.Range(0, Streams).Select(_ => readers.GetAsync(url, HttpCompletionOption.ResponseHeadersRead)));
        var answers = new List<double>();
        while (!opening.IsCompleted)
        {
            answers.Add((await ProbeAsync(probes)).TotalMilliseconds);
            await Task.Delay(Interval);
        }

        var open = Stopwatch.GetElapsedTime(start);
        foreach (var stream in await opening)
        {
            stream.EnsureSuccessStatusCode();
            stream.Dispose();
        }

        answers.Sort();
        Console.WriteLine(string.Create(
            CultureInfo.InvariantCulture,
            $"burst {burst}: {Streams} streams open after {open.TotalMilliseconds:0} ms; /health-check {answers.Count} times, "
            + $"median {answers[answers.Count / 2]:0} ms, longest {answers[^1]:0} ms"));
    }

    static async Task<TimeSpan> ProbeAsync(HttpClient client)
    {
        var start = Stopwatch.GetTimestamp();
        using var answer = await client.GetAsync("/health-check");
        answer.EnsureSuccessStatusCode();
        return Stopwatch.GetElapsedTime(start);
    }

    static HttpClient NewClient(ServedProgram program) =>
        new(new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue }) { BaseAddress = program.Address, Timeout = Timeout.InfiniteTimeSpan };
}
