using System.Net;
using LoraHub.Api.Worker;
using LoraHub.Core.Predictions;
using LoraHub.Modules.Library;
using LoraHub.TestHost;
using Microsoft.AspNetCore.Hosting;
using Microsoft.AspNetCore.Mvc.Testing;
using Microsoft.AspNetCore.TestHost;
using Microsoft.Extensions.DependencyInjection;
using Serilog.Core;

namespace LoraHub.Api.Tests.Support;

/// <summary>The whole service on its own data folder, with a scripted predictor.</summary>
sealed class Service : WebApplicationFactory<Program>
{
    readonly Dictionary<string, string> _settings;

    public Service(params (string Key, string Value)[] settings)
    {
        DataPath = Directory.CreateTempSubdirectory("lorahub-").FullName;
        _settings = settings.ToDictionary(setting => setting.Key, setting => setting.Value);
        _settings["Data:Path"] = DataPath;
        _settings.TryAdd("Worker:DrainTime", "00:00:00"); // what a test leaves running ends with the service
    }

    public string DataPath { get; }

    /// <summary>The remote address of requests.</summary>
    public IPAddress Sender { get; init; } = Support.Sender.Outside;

    /// <summary>Replaces registered services.</summary>
    public Action<IServiceCollection> Replace { get; init; } = _ => { };

    public ScriptedPredictor Predictor { get; } = new();

    public ScriptedLibrary Library => (ScriptedLibrary)Services.GetRequiredService<ModuleLibrary>();

    /// <summary>What uploads leave while they are taken in.</summary>
    public string Incoming => Path.Combine(DataPath, "models", ".incoming");

    public CollectingSink Log { get; } = new();

    /// <summary>A client of the service once it has loaded.</summary>
    public async Task<HttpClient> ReadyAsync()
    {
        var client = CreateClient();
        await Services.GetRequiredService<WorkerState>().SetupEnded.WaitAsync(Limits.Wait);
        return client;
    }

    /// <summary>Waits until the prediction has had such an event.</summary>
    public async Task UntilAsync<T>(string id)
        where T : PredictionEvent
    {
        await UntilCreatedAsync(id);
        using var limit = new CancellationTokenSource(Limits.Wait);
        await foreach (var recorded in Services.GetRequiredService<IPredictionEvents>().ReadAsync(id, 0, limit.Token))
        {
            if (recorded.Event is T)
            {
                return;
            }
        }

        Assert.Fail($"Prediction {id} has ended without the event {typeof(T).Name}.");
    }

    /// <summary>Waits until the prediction is created.</summary>
    public async Task UntilCreatedAsync(string id)
    {
        using var limit = new CancellationTokenSource(Limits.Wait);
        while (await Services.GetRequiredService<IPredictionStore>().FindAsync(id, limit.Token) is null)
        {
            await Task.Delay(10, limit.Token);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await base.DisposeAsync();
        Directory.Delete(DataPath, recursive: true);
    }

    protected override void ConfigureWebHost(IWebHostBuilder builder)
    {
        foreach (var (key, value) in _settings)
        {
            builder.UseSetting(key, value);
        }

        builder.ConfigureTestServices(services =>
        {
            services
                .AddSingleton<IPredictor>(Predictor)
                .AddScriptedLibrary()
                .AddSingleton<IStartupFilter>(new Sender(Sender))
                .AddSingleton<ILogEventSink>(Log);
            Replace(services);
        });
    }
}
