using System.Net;
using LoraHub.Api.Tests.Support;

namespace LoraHub.Api.Tests.Worker;

/// <summary>Stops the real program (SIGTERM) while it works, and restarts it on the same data folder.</summary>
public sealed class GracefulStopTests : IDisposable
{
    const string TenMinutes = """{"version": "lorahub/lorahub", "input": {"seed": 600000, "max_inference_step": 100}}""";

    readonly string _data = Directory.CreateTempSubdirectory("lorahub-").FullName;

    public void Dispose() => Directory.Delete(_data, recursive: true);

    [Fact]
    public async Task A_running_prediction_is_finished_and_waiting_ones_wait_for_the_next_start()
    {
        string running, waiting;
        await using (var host = await StartAsync(drainTime: "00:01:00"))
        {
            var client = await host.ReadyAsync();
            running = await CreateAsync(client, """{"version": "lorahub/lorahub", "input": {"seed": 9}}"""); // until the stop
            waiting = await CreateAsync(client, """{"version": "lorahub/lorahub", "input": {"seed": 7}}""");
            await host.UntilLogAsync($"{running} was started");
            Assert.Equal(0, await host.TerminateAsync());
            Assert.DoesNotContain($"{waiting} was started", host.Log);
        }

        await using var next = await StartAsync(drainTime: "00:01:00");
        var ended = await next.Client.GetJsonAsync($"/v1/predictions/{running}");
        Assert.Equal("succeeded", ended.Text("status"));
        Assert.DoesNotContain("Attempt", ended.Text("logs"));
        await next.Client.UntilPredictionAsync(waiting, "succeeded");
    }

    [Fact]
    public async Task An_unfinished_prediction_returns_to_the_queue_with_a_log_line()
    {
        string running;
        await using (var host = await StartAsync(drainTime: "00:00:00.200"))
        {
            var client = await host.ReadyAsync();
            running = await CreateAsync(client, TenMinutes);
            await host.UntilLogAsync($"{running} was started");
            Assert.Equal(0, await host.TerminateAsync());
            Assert.Contains($"{running} was returned to the queue", host.Log);
        }

        await using var next = await StartAsync(drainTime: "00:00:00.200");
        await next.UntilLogAsync($"{running} was started");
        using var canceled = await next.Client.PostAsync($"/v1/predictions/{running}/cancel", json: null);
        await next.Client.UntilPredictionAsync(running, "canceled");
        var logs = (await next.Client.GetJsonAsync($"/v1/predictions/{running}")).Text("logs");
        Assert.Contains(
            "This worker is stopping; the prediction goes back to the queue.\nAttempt 2: the previous worker did not finish; starting over.\n", logs);
    }

    [Fact]
    public async Task Readers_are_asked_to_reconnect_and_waiting_requests_get_the_current_state()
    {
        await using var host = await StartAsync(drainTime: "00:00:00.500");
        var client = await host.ReadyAsync();
        var waiting = client.PostAsync("/predictions", """{"input": {"seed": 600000, "max_inference_step": 100}}""");
        await host.UntilLogAsync("was started");
        var running = (string)(await client.GetJsonAsync("/v1/predictions"))["results"]![0]!["urls"]!["stream"]!;
        using var stream = await client.FetchAsync(new Uri(running).AbsolutePath);
        var reading = stream.TextAsync();

        var ending = host.TerminateAsync();

        Assert.EndsWith("retry: 1000\n", await reading);
        using var answer = await waiting;
        Assert.Equal(HttpStatusCode.Accepted, answer.StatusCode);
        Assert.Equal("starting", (await answer.JsonAsync()).Text("status"));
        Assert.Equal(0, await ending);
    }

    [Fact]
    public async Task Slots_run_concurrently()
    {
        await using var host = await TestHostProcess.StartAsync(_data, ("Worker:Slots", "2"));
        var client = await host.ReadyAsync();
        var first = await CreateAsync(client, TenMinutes);
        Assert.Equal("READY", (await client.GetJsonAsync("/health-check")).Text("status"));
        var second = await CreateAsync(client, TenMinutes);
        var third = await CreateAsync(client, TenMinutes);

        await client.UntilPredictionAsync(first, "processing");
        await client.UntilPredictionAsync(second, "processing");

        Assert.Equal("starting", (await client.GetJsonAsync($"/v1/predictions/{third}")).Text("status"));
        Assert.Equal("BUSY", (await client.GetJsonAsync("/health-check")).Text("status"));
    }

    Task<TestHostProcess> StartAsync(string drainTime) => TestHostProcess.StartAsync(_data, ("Worker:DrainTime", drainTime));

    static async Task<string> CreateAsync(HttpClient client, string json) => (await client.PostJsonAsync("/v1/predictions", json)).Text("id")!;
}
