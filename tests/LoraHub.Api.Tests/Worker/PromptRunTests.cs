using LoraHub.Api.Tests.Support;
using LoraHub.Api.Worker;
using LoraHub.Core.Predictions;
using LoraHub.Storage;
using LoraHub.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace LoraHub.Api.Tests.Worker;

/// <summary>The runner with prompts, without a service.</summary>
public sealed class PromptRunTests : IAsyncDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("lorahub-").FullName;
    readonly ScriptedPredictor _predictor = new();
    readonly FakeTimeProvider _time = new();
    readonly ServiceProvider _services;

    public PromptRunTests() => _services = new ServiceCollection()
        .AddSingleton<IConfiguration>(
            new ConfigurationBuilder().AddInMemoryCollection([new("Data:Path", _folder), new("Limits:RunTime", "00:10:00")]).Build())
        .AddSingleton<TimeProvider>(_time)
        .AddLogging()
        .AddSingleton<IPredictor>(_predictor)
        .AddScriptedLibrary()
        .AddInMemoryStorage()
        .AddOptions<LoraHub.Core.LimitsOptions>().BindConfiguration(LoraHub.Core.LimitsOptions.Section).Services
        .AddPredictionRunner()
        .BuildServiceProvider();

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    PredictionRunner Runner => _services.GetRequiredService<PredictionRunner>();

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_prompt_is_answered_in_pieces_that_say_where_they_begin()
    {
        var id = await CreateAsync("two small words");
        await RunAsync(CancellationToken.None);

        Assert.Equal(
            [
                new PredictionEvent.Started(), new PredictionEvent.Generated(0, "TWO"), new PredictionEvent.Generated(3, " SMALL"),
                new PredictionEvent.Generated(9, " WORDS"), new PredictionEvent.Measured("predict_time", 0), new PredictionEvent.Succeeded(),
            ],
            await EventsAsync(id));
        Assert.Equal(["TWO", " SMALL", " WORDS"], (await FindAsync(id)).Output!.Text!);
    }

    [Fact]
    public async Task An_empty_answer_replaces_what_a_lost_attempt_had_generated()
    {
        using var stopping = new CancellationTokenSource();
        _predictor.TextScript = async (_, progress, token) =>
        {
            progress.Generated("half an ans");
            await stopping.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
        };
        var id = await CreateAsync("a");
        await RunAsync(stopping.Token);
        _predictor.TextScript = (_, _, _) => Task.CompletedTask;
        await RunAsync(CancellationToken.None);

        var ended = await FindAsync(id);
        Assert.Equal((PredictionStatus.Succeeded, 0), (ended.Status, ended.Output!.Text!.Count));
        Assert.Equal(
            "This worker is stopping; the prediction goes back to the queue.\nAttempt 2: the previous worker did not finish; starting over.\n",
            ended.Logs);
    }

    [Fact]
    public async Task A_retry_replaces_the_pieces_of_the_lost_attempt()
    {
        using var stopping = new CancellationTokenSource();
        _predictor.TextScript = async (_, progress, token) =>
        {
            progress.Generated("a first");
            progress.Generated(" attempt");
            await stopping.CancelAsync();
            await Task.Delay(Timeout.InfiniteTimeSpan, token);
        };
        var id = await CreateAsync("a");
        await RunAsync(stopping.Token);
        _predictor.TextScript = (_, progress, _) =>
        {
            progress.Generated("short");
            return Task.CompletedTask;
        };
        await RunAsync(CancellationToken.None);

        Assert.Equal(["short"], (await FindAsync(id)).Output!.Text!);
    }

    [Fact]
    public async Task A_store_that_stalls_never_blocks_the_thread_of_the_running_batch()
    {
        const int Pieces = 1024;
        using var stalled = new SemaphoreSlim(0);
        _predictor.TextScript = (_, progress, _) =>
        {
            for (var piece = 0; piece < Pieces; piece++)
            {
                progress.Generated("x"); // would wait for ever if it waited for the store
            }

            stalled.Release();
            return Task.CompletedTask;
        };
        var id = await CreateAsync("a");
        await using (var lease = await LeaseAsync())
        {
            await Runner.RunAsync(new StallingLease(lease, stalled), CancellationToken.None);
        }

        Assert.Equal(Pieces, (await FindAsync(id)).Output!.Text!.Count);
    }

    [Fact]
    public async Task A_prompt_that_runs_too_long_fails_and_names_its_own_inputs()
    {
        _predictor.TextScript = (_, _, token) =>
        {
            _time.Advance(TimeSpan.FromMinutes(10));
            return Task.Delay(Timeout.InfiniteTimeSpan, token);
        };
        var id = await CreateAsync("a");
        await RunAsync(CancellationToken.None);

        Assert.Equal(
            "The prediction did not end within 00:10:00 (Limits:RunTime); give a shorter prompt, or a smaller max_new_tokens.",
            (await FindAsync(id)).Error);
    }

    async Task<string> CreateAsync(string prompt)
    {
        var created = Prompt.Create(prompt);
        await _services.GetRequiredService<IPredictionStore>().CreateAsync(created, capacity: 10, Cancellation);
        return created.Id;
    }

    async Task RunAsync(CancellationToken stopping)
    {
        await using var lease = await LeaseAsync();
        await Runner.RunAsync(lease, stopping);
    }

    Task<IPredictionLease> LeaseAsync() => _services.GetRequiredService<IPredictionQueue>().LeaseAsync(PredictionKind.Generate, Cancellation);

    async Task<Prediction> FindAsync(string id) => (await _services.GetRequiredService<IPredictionStore>().FindAsync(id, Cancellation))!;

    async Task<IReadOnlyList<PredictionEvent>> EventsAsync(string id)
    {
        var events = new List<PredictionEvent>();
        await foreach (var recorded in _services.GetRequiredService<IPredictionEvents>().ReadAsync(id, 0, Cancellation))
        {
            events.Add(recorded.Event);
        }

        return events;
    }

    /// <summary>A lease whose first write of pieces waits.</summary>
    sealed class StallingLease(IPredictionLease lease, SemaphoreSlim stalled) : IPredictionLease
    {
        bool _hasStalled;

        public CreatedPrediction Created => lease.Created;

        public int Attempt => lease.Attempt;

        public CancellationToken Canceled => lease.Canceled;

        public async Task<bool> AppendAsync(IReadOnlyList<PredictionEvent> happened, CancellationToken cancellationToken)
        {
            if (happened.Any(one => one is PredictionEvent.Generated) && !_hasStalled)
            {
                _hasStalled = true;
                await stalled.WaitAsync(cancellationToken);
            }

            return await lease.AppendAsync(happened, cancellationToken);
        }

        public ValueTask DisposeAsync() => lease.DisposeAsync();
    }
}
