using System.Diagnostics;
using System.Net.Http.Json;
using System.Text.Json.Nodes;

namespace LoraHub.Bench.Serve;

/// <summary>Callers of the service, each of which sends its next request when the last one is answered.</summary>
/// <param name="temperature">0 for the modules' own answers, which are short; more for random ones, which are as long as allowed.</param>
sealed class Callers(HttpClient client, IReadOnlyList<Prompt> prompts, int maxNewTokens, double temperature)
{
    /// <summary>Calls the prompts' modules in turn.</summary>
    public async Task<ServedLoad> CallAsync(int callers, int requests)
    {
        var (next, seconds, tokens) = (-1, new double[requests], new double[requests]);
        var start = Stopwatch.GetTimestamp();
        await Task.WhenAll(Enumerable.Range(0, callers).Select(_ => CallInTurnAsync()));
        return new ServedLoad([.. seconds.Order()], tokens.Sum(), Stopwatch.GetElapsedTime(start).TotalSeconds);

        async Task CallInTurnAsync()
        {
            while (Interlocked.Increment(ref next) is var mine && mine < requests)
            {
                var before = Stopwatch.GetTimestamp();
                var ended = await CallAsync(prompts[mine % prompts.Count], seed: mine);
                seconds[mine] = Stopwatch.GetElapsedTime(before).TotalSeconds;
                tokens[mine] = (double)ended["metrics"]!["output_token_count"]!;
            }
        }
    }

    /// <summary>Composes a prompt's module alone and answers the prompt as a test input, one request after the other.</summary>
    public async Task<ServedLoad> ComposeAsync(int requests)
    {
        var seconds = new List<double>();
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < requests; i++)
        {
            var prompt = prompts[i % prompts.Count];
            var before = Stopwatch.GetTimestamp();
            await PostAsync("/v1/predictions", new
            {
                version = "lorahub/lorahub",
                input = new
                {
                    test_inputs = prompt.Text,
                    module_weights = $$"""[{"module": "{{prompt.Module}}", "weight": 1}]""",
                    max_new_tokens = maxNewTokens,
                },
            });
            seconds.Add(Stopwatch.GetElapsedTime(before).TotalSeconds);
        }

        return new ServedLoad([.. seconds.Order()], 0, Stopwatch.GetElapsedTime(start).TotalSeconds);
    }

    Task<JsonNode> CallAsync(Prompt prompt, int seed) => PostAsync(
        $"/v1/models/{prompt.Module}/predictions",
        new { input = new { prompt = prompt.Text, max_new_tokens = maxNewTokens, temperature, seed } });

    async Task<JsonNode> PostAsync(string path, object body)
    {
        using var request = new HttpRequestMessage(HttpMethod.Post, path) { Content = JsonContent.Create(body) };
        request.Headers.Add("Prefer", "wait");
        using var response = await client.SendAsync(request);
        response.EnsureSuccessStatusCode();
        var ended = (await response.Content.ReadFromJsonAsync<JsonNode>())!;
        return (string?)ended["status"] == "succeeded" ? ended : throw new InvalidOperationException($"Not answered: {ended}");
    }
}

/// <param name="Seconds">Of each request, ascending.</param>
/// <param name="Tokens">All tokens generated.</param>
/// <param name="Total">Seconds from the first request to the last answer.</param>
sealed record ServedLoad(double[] Seconds, double Tokens, double Total)
{
    public double RequestsASecond => Seconds.Length / Total;

    public double TokensASecond => Tokens / Total;

    /// <returns>The milliseconds within which this part of the requests was answered.</returns>
    public double Within(double part) => 1000 * Seconds[(int)Math.Min(Seconds.Length - 1, part * Seconds.Length)];
}
