using System.Text.Json.Nodes;
using LoraHub.Api.Tests.Support;
using LoraHub.Api.Worker;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Storage;
using LoraHub.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Api.Tests.Worker;

/// <summary>The runner without a service, as the command line uses it.</summary>
public sealed class PredictionRunnerTests : IAsyncDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("lorahub-").FullName;
    readonly ScriptedPredictor _predictor = new();
    readonly ServiceProvider _services;

    public PredictionRunnerTests() => _services = new ServiceCollection()
        .AddSingleton<IConfiguration>(new ConfigurationBuilder().AddInMemoryCollection([new("Data:Path", _folder)]).Build())
        .AddLogging()
        .AddSingleton<IPredictor>(_predictor)
        .AddScriptedLibrary()
        .AddInMemoryStorage()
        .AddPredictionRunner()
        .BuildServiceProvider();

    public async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }

    [Fact]
    public async Task Events_arrive_in_order_and_the_end_is_last()
    {
        var events = await RunAsync();

        Assert.Equal(
            ["Started", "Logged", "Measured", "Logged", "Answered", "Measured", "Succeeded"],
            events.Select(recorded => recorded.Event.GetType().Name));
    }

    [Fact]
    public async Task Many_lines_arrive_all_and_in_order()
    {
        _predictor.Script = run =>
        {
            for (var i = 0; i < 5000; i++)
            {
                run.Progress.Log($"{i}");
            }

            return run.Answer();
        };

        var events = await RunAsync();

        Assert.Equal(
            Enumerable.Range(0, 5000).Select(i => $"{i}\n"),
            events.Select(recorded => recorded.Event).OfType<PredictionEvent.Logged>().Select(logged => logged.Text));
    }

    [Fact]
    public async Task A_full_disk_fails_a_prediction_with_the_reason_and_without_a_path()
    {
        _predictor.Script = run =>
            throw new IOException($"No space left on device : '{run.Folder}'", OperatingSystem.IsWindows() ? unchecked((int)0x80070070) : 28);

        var end = Assert.IsType<PredictionEvent.Failed>((await RunAsync())[^1].Event);

        Assert.StartsWith("The service's disk is full", end.Error);
        Assert.DoesNotContain(_folder, end.Error);
    }

    [Fact]
    public async Task A_storage_error_fails_a_prediction_with_a_public_reason()
    {
        _predictor.Script = _ => throw new StorageUnavailableException("Results cannot be stored now.", new IOException(_folder));

        Assert.Equal(new PredictionEvent.Failed("Results cannot be stored now."), (await RunAsync())[^1].Event);
    }

    [Fact]
    public async Task The_predictor_runs_on_its_own_thread()
    {
        var isPooled = true;
        _predictor.Script = run =>
        {
            isPooled = Thread.CurrentThread.IsThreadPoolThread;
            return run.Answer();
        };

        await RunAsync();

        Assert.False(isPooled);
    }

    [Fact]
    public async Task A_stopping_worker_returns_its_prediction_to_the_queue()
    {
        using var stopping = new CancellationTokenSource();
        _predictor.Script = run =>
        {
            stopping.Cancel();
            return run.UntilCanceled();
        };
        var id = await CreateAsync("{}");
        await using (var lease = await LeaseAsync())
        {
            await _services.GetRequiredService<PredictionRunner>().RunAsync(lease, stopping.Token);
        }

        _predictor.Script = run => run.Answer();
        await using (var again = await LeaseAsync())
        {
            Assert.Equal(id, again.Created.Id);
            await _services.GetRequiredService<PredictionRunner>().RunAsync(again, CancellationToken.None);
        }

        Assert.Equal(PredictionStatus.Succeeded,
            (await _services.GetRequiredService<IPredictionStore>().FindAsync(id, CancellationToken.None))!.Status);
    }

    [Fact]
    public async Task An_input_that_no_longer_fits_the_schema_fails_with_the_reason()
    {
        var events = await RunAsync("""{"max_inference_step": 5}""");

        var failed = Assert.IsType<PredictionEvent.Failed>(events[^1].Event);
        Assert.Equal("max_inference_step: 5 is less than the minimum of 10", failed.Error);
    }

    async Task<List<RecordedEvent>> RunAsync(string input = "{}")
    {
        var id = await CreateAsync(input);
        await using var lease = await LeaseAsync();
        await _services.GetRequiredService<PredictionRunner>().RunAsync(lease, CancellationToken.None);

        var events = new List<RecordedEvent>();
        await foreach (var recorded in _services.GetRequiredService<IPredictionEvents>().ReadAsync(id, 0, TestContext.Current.CancellationToken))
        {
            events.Add(recorded);
        }

        return events;
    }

    async Task<string> CreateAsync(string input)
    {
        var prediction = new CreatedPrediction
        {
            Id = PredictionId.New(),
            Input = JsonNode.Parse(input)!.AsObject(),
            Origin = "http://localhost",
            CreatedAt = TimeProvider.System.GetUtcNow(),
        };
        await _services.GetRequiredService<IPredictionStore>().CreateAsync(prediction, capacity: 1, CancellationToken.None);
        return prediction.Id;
    }

    Task<IPredictionLease> LeaseAsync() =>
        _services.GetRequiredService<IPredictionQueue>().LeaseAsync(PredictionKind.Compose, TestContext.Current.CancellationToken);
}
