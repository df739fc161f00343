using System.Collections.Concurrent;
using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.Worker;

/// <summary>Compositions and prompts beside each other in one worker.</summary>
public sealed class WorkerRowsTests
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Prompts_are_answered_together_as_many_as_there_are_rows_and_in_order()
    {
        await using var service = new Service(("Worker:Rows", "3"));
        var answering = new Answering(service.Predictor);
        await service.ReadyAsync();
        string[] ids = [.. await Task.WhenAll(Enumerable.Range(1, 3).Select(i => CreateAsync(service, $"prompt {i}")))];
        var fourth = await CreateAsync(service, "prompt 4");
        var fifth = await CreateAsync(service, "prompt 5");

        await answering.UntilStartedAsync("prompt 1", "prompt 2", "prompt 3");
        Assert.Equal(PredictionStatus.Starting, (await FindAsync(service, fourth)).Status);

        answering.End("prompt 2");
        await answering.UntilStartedAsync("prompt 4"); // the oldest that waits
        Assert.Equal(PredictionStatus.Starting, (await FindAsync(service, fifth)).Status);
        Assert.DoesNotContain("prompt 5", answering.Started);

        answering.EndAll();
        await Task.WhenAll(ids.Concat([fourth, fifth]).Select(id => service.UntilAsync<PredictionEvent.Succeeded>(id)));
    }

    [Fact]
    public async Task One_cancel_cancels_one()
    {
        await using var service = new Service(("Worker:Rows", "16"));
        var answering = new Answering(service.Predictor);
        await service.ReadyAsync();
        string[] prompts = [.. Enumerable.Range(1, 16).Select(i => $"prompt {i}")];
        var ids = await Task.WhenAll(prompts.Select(prompt => CreateAsync(service, prompt)));
        await answering.UntilStartedAsync(prompts);

        Assert.True(await service.Services.GetRequiredService<IPredictionQueue>().CancelAsync(ids[5], Cancellation));
        await service.UntilAsync<PredictionEvent.Canceled>(ids[5]);
        answering.EndAll();

        await Task.WhenAll(ids.Except([ids[5]]).Select(id => service.UntilAsync<PredictionEvent.Succeeded>(id)));
    }

    [Fact]
    public async Task A_search_does_not_hold_up_prompts_nor_they_a_search()
    {
        await using var service = new Service(("Worker:Rows", "1"));
        var answering = new Answering(service.Predictor);
        service.Predictor.Script = run => run.UntilCanceled();
        var client = await service.ReadyAsync();
        var search = await CreateSearchAsync(client);
        await service.UntilAsync<PredictionEvent.Started>(search);
        var prompt = await CreateAsync(service, "a prompt");
        await answering.UntilStartedAsync("a prompt");
        service.Predictor.Script = run => run.Answer();

        using (await client.PostAsync($"/v1/predictions/{search}/cancel", json: null))
        {
        }

        await service.UntilAsync<PredictionEvent.Succeeded>(await CreateSearchAsync(client)); // while the prompt is still being answered
        answering.EndAll();
        await service.UntilAsync<PredictionEvent.Succeeded>(prompt);
    }

    [Fact]
    public async Task A_worker_without_slots_is_healthy_answers_prompts_and_leaves_searches_in_the_queue()
    {
        await using var service = new Service(("Worker:Slots", "0"));
        var client = await service.ReadyAsync();
        var search = await CreateSearchAsync(client);

        await service.UntilAsync<PredictionEvent.Succeeded>(await CreateAsync(service, "a prompt"));

        Assert.Equal("starting", (await client.GetJsonAsync($"/v1/predictions/{search}")).Text("status"));
        using var ready = await client.FetchAsync("/health/ready");
        Assert.Equal(HttpStatusCode.OK, ready.StatusCode);
        Assert.Equal("BUSY", (await client.GetJsonAsync("/health-check")).Text("status"));
    }

    [Fact]
    public async Task Prompts_do_not_make_the_bare_paths_busy()
    {
        await using var service = new Service();
        var answering = new Answering(service.Predictor);
        var client = await service.ReadyAsync();
        var prompt = await CreateAsync(service, "a prompt");
        await answering.UntilStartedAsync("a prompt");

        Assert.Equal("READY", (await client.GetJsonAsync("/health-check")).Text("status"));
        Assert.Equal("succeeded", (await client.PostJsonAsync("/predictions", "{}")).Text("status"));
        answering.EndAll();
        await service.UntilAsync<PredictionEvent.Succeeded>(prompt);
    }

    [Fact]
    public async Task A_worker_with_neither_slots_nor_rows_does_not_start()
    {
        var data = Directory.CreateTempSubdirectory("lorahub-").FullName;

        var run = await FinishedRun.OfAsync(data, ["--urls", "http://127.0.0.1:0"], ("Worker:Slots", "0"), ("Worker:Rows", "0"));

        Assert.Equal(1, run.Code);
        Assert.Contains("Worker:Slots and Worker:Rows are both 0", run.Error);
        Directory.Delete(data, recursive: true);
    }

    static async Task<string> CreateAsync(Service service, string prompt)
    {
        var created = Prompt.Create(prompt);
        var store = service.Services.GetRequiredService<IPredictionStore>();
        Assert.Equal(Creation.Created, await store.CreateAsync(created, capacity: 100, Cancellation));
        return created.Id;
    }

    static async Task<string> CreateSearchAsync(HttpClient client) =>
        (await client.PostJsonAsync("/v1/predictions", """{"version": "lorahub/lorahub", "input": {"seed": 7}}""")).Text("id")!;

    static async Task<Prediction> FindAsync(Service service, string id) =>
        (await service.Services.GetRequiredService<IPredictionStore>().FindAsync(id, Cancellation))!;

    /// <summary>Answers each prompt when the test says so.</summary>
    sealed class Answering
    {
        readonly ConcurrentDictionary<string, TaskCompletionSource> _ends = new(StringComparer.Ordinal);
        readonly ConcurrentQueue<string> _started = new();
        volatile bool _endsAll;

        public Answering(ScriptedPredictor predictor) => predictor.TextScript = async (plan, progress, token) =>
        {
            var prompt = plan.Input.Prompt;
            progress.Generated("half ");
            _started.Enqueue(prompt);
            await (_endsAll ? Task.CompletedTask : EndOf(prompt).Task.WaitAsync(token));
            progress.Generated("an answer");
        };

        public IReadOnlyCollection<string> Started => _started;

        public async Task UntilStartedAsync(params IReadOnlyCollection<string> prompts)
        {
            using var limit = new CancellationTokenSource(Limits.Wait);
            while (prompts.Except(_started).Any())
            {
                await Task.Delay(10, limit.Token);
            }
        }

        public void End(string prompt) => EndOf(prompt).TrySetResult();

        public void EndAll()
        {
            _endsAll = true;
            foreach (var prompt in _started)
            {
                End(prompt);
            }
        }

        TaskCompletionSource EndOf(string prompt) =>
            _ends.GetOrAdd(prompt, _ => new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
    }
}
