using LoraHub.Api.Tests.Support;
using LoraHub.Api.Worker;
using LoraHub.Core.Predictions;
using LoraHub.Storage;
using LoraHub.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Time.Testing;

namespace LoraHub.Api.Tests.Worker;

/// <summary>How long one prediction may hold a slot.</summary>
public sealed class RunTimeTests : IAsyncDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("lorahub-").FullName;
    readonly ScriptedPredictor _predictor = new();
    readonly FakeTimeProvider _time = new();
    readonly ServiceProvider _services;

    public RunTimeTests() => _services = new ServiceCollection()
        .AddSingleton<IConfiguration>(
            new ConfigurationBuilder().AddInMemoryCollection([new("Data:Path", _folder), new("Limits:RunTime", "02:00:00")]).Build())
        .AddSingleton<TimeProvider>(_time)
        .AddLogging()
        .AddSingleton<IPredictor>(_predictor)
        .AddScriptedLibrary()
        .AddInMemoryStorage()
        .AddOptions<LoraHub.Core.LimitsOptions>().BindConfiguration(LoraHub.Core.LimitsOptions.Section).Services
        .AddPredictionRunner()
        .BuildServiceProvider();

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task A_prediction_that_runs_too_long_fails_and_says_which_setting_ended_it()
    {
        _predictor.Script = run =>
        {
            run.Progress.Log("searching");
            _time.Advance(TimeSpan.FromHours(2));
            return run.UntilCanceled();
        };

        var events = await RunAsync(CancellationToken.None);

        var failed = Assert.IsType<PredictionEvent.Failed>(events[^1]);
        Assert.StartsWith("The prediction did not end within 02:00:00 (Limits:RunTime); give fewer examples", failed.Error, StringComparison.Ordinal);
        Assert.Contains(new PredictionEvent.Logged("searching\n"), events);
    }

    [Fact]
    public async Task A_prediction_within_its_time_succeeds()
    {
        _predictor.Script = run =>
        {
            _time.Advance(TimeSpan.FromHours(2) - TimeSpan.FromSeconds(1));
            run.CancellationToken.ThrowIfCancellationRequested();
            return run.Answer();
        };

        Assert.IsType<PredictionEvent.Succeeded>((await RunAsync(CancellationToken.None))[^1]);
    }

    [Fact]
    public async Task A_stopping_worker_hands_its_prediction_back_even_when_its_time_is_over()
    {
        using var stopping = new CancellationTokenSource();
        _predictor.Script = run =>
        {
            stopping.Cancel();
            _time.Advance(TimeSpan.FromHours(3));
            return run.UntilCanceled();
        };

        Assert.DoesNotContain(await RunAsync(stopping.Token), happened => happened.IsTerminal);
    }

    /// <returns>The events that are recorded when the runner returns.</returns>
    async Task<IReadOnlyList<PredictionEvent>> RunAsync(CancellationToken stopping)
    {
        var store = _services.GetRequiredService<IPredictionStore>();
        var created = new CreatedPrediction { Id = PredictionId.New(), Input = [], Origin = "http://localhost", CreatedAt = _time.GetUtcNow() };
        await store.CreateAsync(created, capacity: 1, TestContext.Current.CancellationToken);
        var queue = _services.GetRequiredService<IPredictionQueue>();
        var lease = new RecordingLease(await queue.LeaseAsync(PredictionKind.Compose, TestContext.Current.CancellationToken));
        await using (lease)
        {
            await _services.GetRequiredService<PredictionRunner>().RunAsync(lease, stopping);
        }

        return lease.Recorded;
    }

    sealed class RecordingLease(IPredictionLease lease) : IPredictionLease
    {
        public List<PredictionEvent> Recorded { get; } = [];

        public CreatedPrediction Created => lease.Created;

        public int Attempt => lease.Attempt;

        public CancellationToken Canceled => lease.Canceled;

        public async Task<bool> AppendAsync(IReadOnlyList<PredictionEvent> happened, CancellationToken cancellationToken)
        {
            var isRecorded = await lease.AppendAsync(happened, cancellationToken);
            Recorded.AddRange(isRecorded ? happened : []);
            return isRecorded;
        }

        public ValueTask DisposeAsync() => lease.DisposeAsync();
    }
}
