using System.Net;
using LoraHub.Api.Tests.Support;
using LoraHub.Api.Worker;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LoraHub.Api.Tests.Health;

/// <summary>The probes of an orchestrator.</summary>
public sealed class ProbeTests
{
    [Fact]
    public async Task The_service_is_live_at_once_and_ready_once_the_model_is_loaded()
    {
        await using var service = new Service();
        using var loaded = new ManualResetEventSlim();
        service.Predictor.Setup = (_, stopping) => loaded.Wait(Limits.Wait, stopping);
        var client = service.CreateClient();

        var (live, loading) = (await ProbeAsync(client, "live"), await ProbeAsync(client, "ready"));
        loaded.Set();
        await service.ReadyAsync();

        Assert.Equal((HttpStatusCode.OK, "live\n"), live);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "The model is being loaded.\n"), loading);
        Assert.Equal((HttpStatusCode.OK, "ready\n"), await ProbeAsync(client, "ready"));
    }

    [Fact]
    public async Task A_setup_that_failed_is_live_and_not_ready()
    {
        await using var service = new Service();
        service.Predictor.Setup = (_, _) => throw new PredictionException("model.safetensors is truncated.");
        var client = await service.ReadyAsync();

        Assert.Equal((HttpStatusCode.OK, "live\n"), await ProbeAsync(client, "live"));
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "The setup failed: model.safetensors is truncated.\n"),
            await ProbeAsync(client, "ready"));
    }

    [Fact]
    public async Task An_unreachable_part_of_the_engine_is_reported_and_the_service_becomes_ready_again()
    {
        var (records, queue) = (new Part(), new Part());
        await using var service =
            new Service { Replace = services => services.AddSingleton<IEngineHealth>(records).AddSingleton<IEngineHealth>(queue) };
        var client = await service.ReadyAsync();

        queue.Trouble = () => "NATS cannot be reached.";
        var trouble = await ProbeAsync(client, "ready");
        records.Trouble = () => "PostgreSQL cannot be reached.";
        var more = await ProbeAsync(client, "ready");
        var live = await ProbeAsync(client, "live");
        (records.Trouble, queue.Trouble) = (() => null, () => null);

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "NATS cannot be reached.\n"), trouble);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "PostgreSQL cannot be reached. NATS cannot be reached.\n"), more);
        Assert.Equal((HttpStatusCode.OK, "live\n"), live);
        Assert.Equal((HttpStatusCode.OK, "ready\n"), await ProbeAsync(client, "ready"));
    }

    [Fact]
    public async Task An_exception_from_a_health_check_is_not_quoted()
    {
        var part = new Part { Trouble = () => throw new InvalidOperationException("Host=db;Password=hunter2") };
        await using var service = new Service { Replace = services => services.AddSingleton<IEngineHealth>(part) };
        var client = await service.ReadyAsync();

        var answer = await ProbeAsync(client, "ready");

        Assert.Equal((HttpStatusCode.ServiceUnavailable, "The storage engine's health check failed; see the service's log.\n"), answer);
        Assert.Contains("The storage engine's health check failed: ", service.Log.Text, StringComparison.Ordinal);
        Assert.DoesNotContain("hunter2", service.Log.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_worker_that_cannot_take_predictions_is_not_ready()
    {
        await using var service = new Service();
        var client = await service.ReadyAsync();

        service.Services.GetRequiredService<WorkerState>().Problem = "The worker cannot lease predictions from the queue; it retries every second.";

        Assert.Equal(
            (HttpStatusCode.ServiceUnavailable, "The worker cannot lease predictions from the queue; it retries every second.\n"),
            await ProbeAsync(client, "ready"));
    }

    [Fact]
    public async Task A_stopping_service_is_live_and_not_ready()
    {
        var atEnd = new AtEnd();
        await using var service = new Service { Replace = services => services.AddHostedService(_ => atEnd) };
        var client = await service.ReadyAsync();
        atEnd.Do = async () => (await ProbeAsync(client, "live"), await ProbeAsync(client, "ready"));

        service.Services.GetRequiredService<IHostApplicationLifetime>().StopApplication();
        var (live, ready) = await atEnd.Done.Task.WaitAsync(Limits.Wait, TestContext.Current.CancellationToken);

        Assert.Equal((HttpStatusCode.OK, "live\n"), live);
        Assert.Equal((HttpStatusCode.ServiceUnavailable, "The service is stopping.\n"), ready);
    }

    [Fact]
    public async Task Probes_need_no_token_and_are_not_in_the_OpenAPI_documents()
    {
        await using var service = new Service([.. TestTokens.Settings, ("Auth:Bare", "off")]);
        var client = await service.ReadyAsync();

        Assert.Equal(HttpStatusCode.OK, (await ProbeAsync(client, "live")).StatusCode);
        Assert.Equal(HttpStatusCode.OK, (await ProbeAsync(client, "ready")).StatusCode);
        var paths = (await client.GetJsonAsync("/docs/service.json"))["paths"]!.AsObject().Select(path => path.Key);
        Assert.DoesNotContain(paths, path => path.StartsWith("/health/", StringComparison.Ordinal));
    }

    static async Task<(HttpStatusCode StatusCode, string Text)> ProbeAsync(HttpClient client, string probe)
    {
        using var response = await client.FetchAsync($"/health/{probe}");
        return (response.StatusCode, await response.TextAsync());
    }

    sealed class Part : IEngineHealth
    {
        public Func<string?> Trouble { get; set; } = () => null;

        public Task<string?> CheckAsync(CancellationToken cancellationToken) => Task.FromResult(Trouble());
    }

    /// <summary>Probes the service while it stops.</summary>
    sealed class AtEnd : IHostedService
    {
        public Func<Task<((HttpStatusCode, string) Live, (HttpStatusCode, string) Ready)>> Do { get; set; } = null!;

        public TaskCompletionSource<((HttpStatusCode, string) Live, (HttpStatusCode, string) Ready)> Done { get; } =
            new(TaskCreationOptions.RunContinuationsAsynchronously);

        public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

        public async Task StopAsync(CancellationToken cancellationToken)
        {
            try
            {
                Done.TrySetResult(await Do());
            }
            catch (Exception exception)
            {
                Done.TrySetException(exception);
            }
        }
    }
}
