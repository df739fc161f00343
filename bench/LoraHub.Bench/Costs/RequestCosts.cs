using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Http.Json;
using LoraHub.Bench.Wire;

namespace LoraHub.Bench.Costs;

/// <summary>
/// Measures what bodies that are cheap to send cost the real program: the peak of its resident memory over idle, and its processor time.
/// </summary>
static class RequestCosts
{
    const int ListedPredictions = 100, ListedBytes = 3_000_000;

    public static async Task PrintAsync()
    {
        Console.WriteLine("| request | body, MB | answer | time, s | processor, s | peak over idle, MiB |");
        Console.WriteLine("|---|---|---|---|---|---|");
        foreach (var body in HostileBody.All())
        {
            using var request = body.Message();
            await PrintAsync(body.Name, body.Content.Length, _ => Task.CompletedTask, client => client.SendAsync(request));
        }

        await PrintAsync(
            $"a list page of {ListedPredictions} predictions with inputs of {ListedBytes / 1_000_000} MB",
            0,
            FillAsync,
            client => client.GetAsync("/v1/predictions"));
    }

    static async Task FillAsync(HttpClient client)
    {
        var input = new { seed = 42, example_inputs = new string('x', ListedBytes), example_outputs = "y" };
        for (var i = 0; i < ListedPredictions; i++)
        {
            (await client.PostAsJsonAsync("/v1/predictions", new { version = "lorahub/lorahub", input })).EnsureSuccessStatusCode();
        }
    }

    /// <summary>Each request has a process of its own: freed memory that stays with the process would hide what the next one takes.</summary>
    static async Task PrintAsync(string name, int size, Func<HttpClient, Task> prepare, Func<HttpClient, Task<HttpResponseMessage>> send)
    {
        await using var program = await ServedProgram.StartAsync();
        using var client = new HttpClient { BaseAddress = program.Address, Timeout = TimeSpan.FromMinutes(10) };
        await client.PostAsJsonAsync("/predictions", new { }); // idle is after a first request
        await prepare(client);
        await Task.Delay(TimeSpan.FromSeconds(2));
        var (idle, processor, start) = (program.ResidentMiB, program.ProcessorTime, Stopwatch.GetTimestamp());
        program.ResetPeak();
        var answer = await AnswerAsync(() => send(client));
        var time = Stopwatch.GetElapsedTime(start);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"| {name} | {size / 1e6:0.0} | {answer} | {time.TotalSeconds:0.0} "
            + $"| {(program.ProcessorTime - processor).TotalSeconds:0.0} | {program.PeakMiB - idle:0} |"));
    }

    static async Task<string> AnswerAsync(Func<Task<HttpResponseMessage>> send)
    {
        try
        {
            using var response = await send();
            var length = (await response.Content.ReadAsByteArrayAsync()).Length;
            return response.StatusCode is HttpStatusCode.OK or HttpStatusCode.Created
                ? string.Create(CultureInfo.InvariantCulture, $"{(int)response.StatusCode}, {length / 1e6:0.0} MB")
                : $"{(int)response.StatusCode}";
        }
        catch (HttpRequestException) // it answered before the body was sent, and closed the connection
        {
            return "closed";
        }
    }
}
