using System.Globalization;
using LoraHub.Bench.Large;
using LoraHub.Bench.Wire;

namespace LoraHub.Bench.Serve;

/// <summary>Measures many callers of eight modules of one base model over HTTP: prompts one after the other, and in a running batch.</summary>
static class ServeLoad
{
    const int AnswerTokens = 64, LargeAnswerTokens = 16;

    /// <summary>High enough that no answer ends by itself.</summary>
    const double Random = 5;

    static readonly int[] Rows = [1, 16];

    /// <summary>The shipped model and modules: their own answers, of about 3 tokens, and random ones of 64.</summary>
    public static async Task PrintAsync()
    {
        Console.WriteLine(Machine.Describe());
        await PrintAsync(Prompts.Shipped, AnswerTokens, temperature: 0, [(1, 80), (4, 160), (16, 320), (64, 640)], composed: 40);
        await PrintAsync(Prompts.Shipped, AnswerTokens, Random, [(1, 24), (4, 48), (16, 96), (64, 128)], composed: 0);
    }

    /// <summary>A random model of FLAN-T5-large's shape; one request takes seconds.</summary>
    /// <param name="folder">Where the model (3.1 GB) and its modules are, or are to be written.</param>
    public static Task PrintLargeAsync(string folder)
    {
        Console.WriteLine(Machine.Describe());
        RandomT5.Make(folder, RandomT5.Large, Path.Combine(Repository.Root, "models", "lorahub", "t5-mini"));
        var modules = RandomModules.Make(folder, RandomT5.Large, Prompts.Modules);
        return PrintAsync(
            Prompts.Random(modules), LargeAnswerTokens, temperature: 0, [(1, 8), (4, 16), (16, 32)], composed: 4,
            "--Models:Folders:0", folder, "--Models:Base", RandomT5.Id);
    }

    static async Task PrintAsync(
        Prompt[] prompts, int maxNewTokens, double temperature, (int Callers, int Requests)[] loads, int composed, params string[] settings)
    {
        Console.WriteLine();
        Console.WriteLine("| `Worker:Rows` | callers | requests/s | tokens/s | p50 | p95 | processor time a request |");
        Console.WriteLine("|---|---|---|---|---|---|---|");
        foreach (var rows in Rows)
        {
            await using var program = await ServedProgram.StartWithModelsAsync(
                [.. settings, "--Worker:Rows", $"{rows}", "--Queue:Capacity", "100000"]);
            using var client = new HttpClient { BaseAddress = program.Address, Timeout = Timeout.InfiniteTimeSpan };
            await ReadyAsync(client);
            var callers = new Callers(client, prompts, maxNewTokens, temperature);
            await WarmUpAsync(callers, Math.Min(rows, prompts.Length), Math.Max(prompts.Length, loads[^1].Requests / 4));
            foreach (var (count, requests) in loads)
            {
                var before = program.ProcessorTime;
                var load = await callers.CallAsync(count, requests);
                Print($"{rows}", $"{count}", load, (program.ProcessorTime - before) / requests);
            }

            if (rows == Rows[^1] && composed > 0)
            {
                await callers.ComposeAsync(composed / 2);
                var before = program.ProcessorTime;
                Print("composed", "1", await callers.ComposeAsync(composed), (program.ProcessorTime - before) / composed);
            }
        }
    }

    /// <summary>Loads modules and compiles code, until a round is hardly faster than those before.</summary>
    static async Task WarmUpAsync(Callers callers, int count, int requests)
    {
        const double HardlyFaster = 1.05;
        var (before, now) = (0.0, (await callers.CallAsync(count, requests)).RequestsASecond);
        while (now > HardlyFaster * before)
        {
            (before, now) = (now, (await callers.CallAsync(count, requests)).RequestsASecond);
        }
    }

    static void Print(string rows, string callers, ServedLoad load, TimeSpan processor) => Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"| {rows} | {callers} | {load.RequestsASecond:0.0} | {(load.Tokens > 0 ? $"{load.TokensASecond:0}" : "")} | {load.Within(0.5):0} ms | "
        + $"{load.Within(0.95):0} ms | {processor.TotalMilliseconds:0.0} ms |"));

    static async Task ReadyAsync(HttpClient client)
    {
        while (!(await client.GetAsync("/health/ready")).IsSuccessStatusCode)
        {
            await Task.Delay(50);
        }
    }
}
