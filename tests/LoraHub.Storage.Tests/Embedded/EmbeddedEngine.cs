using LoraHub.Core.Deployments;
using LoraHub.Core.Models;
using LoraHub.Core.Predictions;
using LoraHub.Modules.Library;
using LoraHub.Storage.Tests.Contracts;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LoraHub.Storage.Tests.Embedded;

/// <summary>The embedded engine of the service, on its own data folder.</summary>
sealed class EmbeddedEngine : Engine
{
    readonly (string Key, string Value)[] _settings;
    ServiceProvider _services;

    EmbeddedEngine((string Key, string Value)[] settings)
    {
        _settings = settings;
        _services = NewServices();
    }

    public string DataPath { get; } = Directory.CreateTempSubdirectory("lorahub-").FullName;

    public IServiceProvider Services => _services;

    public override IPredictionStore Store => _services.GetRequiredService<IPredictionStore>();

    public override IPredictionQueue Queue => _services.GetRequiredService<IPredictionQueue>();

    public override IPredictionEvents Events => _services.GetRequiredService<IPredictionEvents>();

    public override IModelStore Models => _services.GetRequiredService<IModelStore>();

    public override IDeploymentStore Deployments => _services.GetRequiredService<IDeploymentStore>();

    public override IPinnedVersions Pinned => _services.GetRequiredService<IPinnedVersions>();

    public override IModuleIndex Modules => _services.GetRequiredService<IModuleIndex>();

    public override IDataRetention Retention => _services.GetRequiredService<IDataRetention>();

    public IBlobStore Blobs => _services.GetRequiredService<IBlobStore>();

    public static async Task<EmbeddedEngine> StartAsync(params (string Key, string Value)[] settings)
    {
        var engine = new EmbeddedEngine(settings);
        await engine.OpenAsync();
        return engine;
    }

    /// <summary>Starts a new process after this one was killed.</summary>
    public async Task RestartAsync()
    {
        await _services.DisposeAsync();
        _services = NewServices();
        await OpenAsync();
    }

    /// <summary>Another process on the same folder, not yet started.</summary>
    public ServiceProvider NewServices()
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Data:Path", DataPath),
                .. _settings.Select(setting => new KeyValuePair<string, string?>(setting.Key, setting.Value))]).Build();
        return new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddLogging().AddSingleton<TimeProvider>(Time)
            .AddStorage(configuration).BuildServiceProvider();
    }

    /// <summary>Performs the service's startup.</summary>
    public static Task OpenAsync(IServiceProvider services) =>
        services.GetServices<IHostedService>().OfType<IHostedLifecycleService>().Single().StartingAsync(TestContext.Current.CancellationToken);

    /// <summary>Waits until the condition holds, while the engine's clock advances by the given hours.</summary>
    public async Task UntilAsync(int hours, Func<Task<bool>> condition)
    {
        using var limit = new CancellationTokenSource(Wait.Limit);
        for (var minutes = 0; !await condition(); minutes += 10)
        {
            if (minutes < hours * 60)
            {
                Time.Advance(TimeSpan.FromMinutes(10));
            }

            await Task.Delay(1, limit.Token);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        await _services.DisposeAsync();
        Directory.Delete(DataPath, recursive: true);
    }

    Task OpenAsync() => OpenAsync(_services);
}
