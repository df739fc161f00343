using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace LoraHub.Bench.Wire;

/// <summary>Measures many idle readers beside a steady rate of new predictions: the real program with a scripted model, on loopback.</summary>
static class WireLoad
{
    const int Readers = 500, CreatesASecond = 50;

    /// <summary>The seed of a scripted prediction that runs until it is canceled (<c>tests/LoraHub.TestHost/SeedPredictor.cs</c>).</summary>
    const int UntilCanceled = 2;

    static readonly TimeSpan Heartbeat = TimeSpan.FromSeconds(1);

    public static async Task PrintAsync(TimeSpan time)
    {
        await using var program = await ServedProgram.StartAsync(
            "--Worker:Slots", "2", "--Api:Heartbeat", Heartbeat.ToString(), "--Queue:Capacity", "100000");
        using var handler = new SocketsHttpHandler { MaxConnectionsPerServer = int.MaxValue };
        using var client = new HttpClient(handler) { BaseAddress = program.Address, Timeout = Timeout.InfiniteTimeSpan };

        var watched = await CreateAsync(client, UntilCanceled);
        var readers = Enumerable.Range(0, Readers).Select(_ => new IdleReader()).ToArray();
        var reading = await ConnectAsync(client, readers, (string)watched["urls"]!["stream"]!);
        var idle = program.ResidentMiB;

        var processor = program.ProcessorTime;
        var (created, latencies, errors, peak) = await CreateAsync(client, program, time);
        processor = program.ProcessorTime - processor;

        var canceledAt = Stopwatch.GetTimestamp();
        (await client.PostAsync($"/v1/predictions/{watched["id"]}/cancel", content: null)).EnsureSuccessStatusCode();
        await Task.WhenAll(reading);
        var ends = readers.Select(reader => Stopwatch.GetElapsedTime(canceledAt, reader.EndedAt)).Order().ToArray();
        var late = readers.Max(reader => reader.LongestSilence) - Heartbeat;

        var (middle, last) = (ends[ends.Length / 2], ends[^1]);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"""
            | what | figure |
            |---|---|
            | idle readers | {Readers} |
            | predictions created | {created} in {time.TotalSeconds:0} s, {created / time.TotalSeconds:0.0} a second |
            | errors | {errors} |
            | create to 201 response, median / 99 % / longest | {At(latencies, 0.5):0.0} / {At(latencies, 0.99):0.0} / {At(latencies, 1):0.0} ms |
            | latest heartbeat (due every second) | {late.TotalMilliseconds:0} ms late |
            | cancel to the readers' last event, median / last of {Readers} | {middle.TotalMilliseconds:0} / {last.TotalMilliseconds:0} ms |
            | memory with only the readers / peak | {idle:0} / {peak:0} MiB |
            | processor time, share of one core | {100 * processor / time:0} % |
            """));
    }

    static async Task<Task[]> ConnectAsync(HttpClient client, IdleReader[] readers, string url)
    {
        var reading = new List<Task>();
        foreach (var reader in readers)
        {
            var connected = new TaskCompletionSource();
            reading.Add(reader.ReadAsync(client, url, connected));
            await connected.Task;
        }

        return [.. reading];
    }

    /// <summary>Creates predictions at a steady rate, independent of the response times.</summary>
    static async Task<(int Created, double[] Milliseconds, int Errors, double PeakMiB)> CreateAsync(
        HttpClient client, ServedProgram program, TimeSpan time)
    {
        var latencies = new ConcurrentBag<double>();
        var (errors, peak) = (0, 0.0);
        var under = new List<Task>();
        using var pace = new PeriodicTimer(TimeSpan.FromSeconds(1.0 / CreatesASecond));
        var start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < time)
        {
            under.Add(MeasureAsync());
            peak = under.Count % CreatesASecond == 0 ? Math.Max(peak, program.ResidentMiB) : peak;
            await pace.WaitForNextTickAsync();
        }

        await Task.WhenAll(under);
        return (under.Count, [.. latencies.Order()], errors, peak);

        async Task MeasureAsync()
        {
            var before = Stopwatch.GetTimestamp();
            try
            {
                await CreateAsync(client, seed: 42);
                latencies.Add(Stopwatch.GetElapsedTime(before).TotalMilliseconds);
            }
            catch (HttpRequestException)
            {
                Interlocked.Increment(ref errors);
            }
        }
    }

    static async Task<JsonNode> CreateAsync(HttpClient client, int seed)
    {
        using var response = await client.PostAsJsonAsync("/v1/predictions", new { version = "lorahub/lorahub", input = new { seed } });
        response.EnsureSuccessStatusCode();
        return (await response.Content.ReadFromJsonAsync<JsonNode>())!;
    }

    static double At(double[] sorted, double part) => sorted[(int)Math.Min(sorted.Length - 1, part * sorted.Length)];
}
