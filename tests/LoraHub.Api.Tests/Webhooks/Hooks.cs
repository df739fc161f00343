using System.Text.Json.Nodes;
using LoraHub.Api.Http;
using LoraHub.Api.Predictions;
using LoraHub.Api.Replicate;
using LoraHub.Api.Security;
using LoraHub.Api.Tests.Support;
using LoraHub.Api.Webhooks;
using LoraHub.Core.Predictions;
using LoraHub.Storage;
using LoraHub.TestHost;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Time.Testing;
using Serilog;

namespace LoraHub.Api.Tests.Webhooks;

/// <summary>The webhooks without a service: the test acts as the worker and controls the clock.</summary>
sealed class Hooks : IAsyncDisposable
{
    readonly string _folder = Directory.CreateTempSubdirectory("lorahub-").FullName;
    readonly ServiceProvider _services;
    bool _isOpen;

    public Hooks(params (string Key, string Value)[] settings)
    {
        var given = settings.ToDictionary(setting => $"Webhooks:{setting.Key}", string? (setting) => setting.Value);
        given["Data:Path"] = _folder;
        given.TryAdd(Receiver.Allowed.Key, Receiver.Allowed.Value);
        given.TryAdd("Webhooks:Timeout", "00:05:00"); // the test's clock goes much faster than a receiver that stands still for a moment
        given.TryAdd("Webhooks:RetryFor", "1.00:00:00");
        var logger = new LoggerConfiguration().MinimumLevel.Verbose().WriteTo.Sink(Log).CreateLogger();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(given).Build();
        _services = new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration)
            .AddSingleton<TimeProvider>(Clock)
            .AddScriptedLibrary()
            .AddLogging().AddSerilog(logger, dispose: true)
            .Configure<ApiOptions>(_ => { })
            .AddStorage(configuration).AddSecurity().AddPredictions().AddReplicate().AddWebhooks()
            .BuildServiceProvider();
    }

    public FakeTimeProvider Clock { get; } = new();

    public CollectingSink Log { get; } = new();

    public WebhookDeliveries Deliveries => _services.GetRequiredService<WebhookDeliveries>();

    /// <summary>Creates a prediction and starts delivering its webhooks.</summary>
    /// <param name="events">The events to send; all when empty.</param>
    public async Task<string> CreateAsync(string url, params WebhookEvent[] events)
    {
        var prediction = new CreatedPrediction
        {
            Id = PredictionId.New(),
            Input = new JsonObject { ["test_inputs"] = "müß 🐈" },
            Origin = "http://localhost",
            CreatedAt = Clock.GetUtcNow(),
            Webhook = new PredictionWebhook(url, events.Length == 0 ? Enum.GetValues<WebhookEvent>().ToHashSet() : events.ToHashSet()),
        };
        await OpenAsync();
        Assert.Equal(Creation.Created,
            await _services.GetRequiredService<IPredictionStore>().CreateAsync(prediction, capacity: 1000, CancellationToken.None));
        Deliveries.Follow(prediction);
        return prediction.Id;
    }

    public Task<IPredictionLease> LeaseAsync() =>
        _services.GetRequiredService<IPredictionQueue>().LeaseAsync(PredictionKind.Compose, TestContext.Current.CancellationToken);

    /// <summary>Performs the service's startup.</summary>
    async Task OpenAsync()
    {
        if (!_isOpen)
        {
            await _services.GetServices<IHostedService>().OfType<IHostedLifecycleService>().Single()
                .StartingAsync(TestContext.Current.CancellationToken);
            _isOpen = true;
        }
    }

    /// <summary>Leases the oldest prediction and records these events.</summary>
    public async Task RunAsync(params PredictionEvent[] happened)
    {
        await using var lease = await LeaseAsync();
        await lease.AppendAllAsync(happened);
    }

    /// <summary>Advances the clock, about twenty times as fast as the real one, until the task has ended.</summary>
    public async Task<T> RunClockAsync<T>(Task<T> until)
    {
        await RunClockAsync((Task)until);
        return await until;
    }

    /// <inheritdoc cref="RunClockAsync{T}"/>
    public async Task RunClockAsync(Task until)
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        while (!until.IsCompleted)
        {
            await Task.Delay(1, limit.Token);
            Clock.Advance(TimeSpan.FromMilliseconds(25));
        }

        await until;
    }

    public async ValueTask DisposeAsync()
    {
        using var now = new CancellationTokenSource();
        await now.CancelAsync();
        await Deliveries.StopAsync(now.Token);
        await _services.DisposeAsync();
        Directory.Delete(_folder, recursive: true);
    }
}

static class LeaseExtensions
{
    public static async Task AppendAllAsync(this IPredictionLease lease, params PredictionEvent[] happened)
    {
        foreach (var next in happened)
        {
            Assert.True(await lease.AppendAsync(next, CancellationToken.None));
        }
    }

    /// <summary>Records the events at once, so that a follower reads all of them or none.</summary>
    public static async Task AppendTogetherAsync(this IPredictionLease lease, params PredictionEvent[] happened) =>
        Assert.True(await lease.AppendAsync(happened, CancellationToken.None));
}
