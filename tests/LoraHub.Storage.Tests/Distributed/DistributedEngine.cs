using LoraHub.Core.Deployments;
using LoraHub.Core.Models;
using LoraHub.Core.Predictions;
using LoraHub.Modules.Library;
using LoraHub.Storage.Distributed;
using LoraHub.Storage.Records;
using LoraHub.Storage.Tests.Contracts;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>The distributed engine of an API node with a worker, on its own database and names.</summary>
sealed class DistributedEngine : Engine
{
    readonly List<ServiceProvider> _nodes = [];
    readonly Dictionary<string, string?> _settings;

    DistributedEngine(string nats, string postgres) => _settings = new()
    {
        ["Data:Path"] = Directory.CreateTempSubdirectory("lorahub-").FullName,
        ["Distributed:Nats"] = nats,
        ["Distributed:Postgres"] = postgres,
        ["Distributed:Prefix"] = "test-" + PredictionId.New()[..20],
    };

    public IServiceProvider Services => _nodes[0];

    public override IPredictionStore Store => Services.GetRequiredService<IPredictionStore>();

    public override IPredictionQueue Queue => Services.GetRequiredService<IPredictionQueue>();

    public override IPredictionEvents Events => Services.GetRequiredService<IPredictionEvents>();

    public override IModelStore Models => Services.GetRequiredService<IModelStore>();

    public override IDeploymentStore Deployments => Services.GetRequiredService<IDeploymentStore>();

    public override IPinnedVersions Pinned => Services.GetRequiredService<IPinnedVersions>();

    public override IModuleIndex Modules => Services.GetRequiredService<IModuleIndex>();

    public override IDataRetention Retention => Services.GetRequiredService<IDataRetention>();

    public static async Task<DistributedEngine> StartAsync(NatsServer nats, PostgresServer postgres)
    {
        var engine = new DistributedEngine(nats.UrlOrSkip(), await postgres.NewDatabaseOrSkipAsync());
        await engine.StartNodeAsync();
        await engine.MigratedAsync();
        return engine;
    }

    /// <summary>Another process of the deployment.</summary>
    public async Task<IServiceProvider> StartNodeAsync()
    {
        var configuration = new ConfigurationBuilder().AddInMemoryCollection(_settings).Build();
        var services = new ServiceCollection()
            .AddSingleton<IConfiguration>(configuration)
            .AddLogging()
            .AddSingleton<TimeProvider>(Time)
            .AddStorage(configuration)
            .BuildServiceProvider();
        _nodes.Add(services);
        foreach (var hosted in services.GetServices<IHostedService>())
        {
            await hosted.StartAsync(TestContext.Current.CancellationToken);
        }

        return services;
    }

    public override async Task SettleAsync()
    {
        using var limit = new CancellationTokenSource(Wait.Limit);
        var streams = await Services.GetRequiredService<Broker>().StreamsAsync(limit.Token);
        while (true)
        {
            await streams.Events.RefreshAsync(limit.Token);
            if (await RecordedPosition.FindAsync(streams, limit.Token) >= streams.Events.Info.State.LastSeq)
            {
                return;
            }

            await Task.Delay(10, limit.Token);
        }
    }

    public override async ValueTask DisposeAsync()
    {
        foreach (var node in _nodes)
        {
            foreach (var hosted in node.GetServices<IHostedService>())
            {
                await hosted.StopAsync(CancellationToken.None);
            }

            await node.DisposeAsync();
        }

        Directory.Delete(_settings["Data:Path"]!, recursive: true);
    }

    async Task MigratedAsync()
    {
        using var limit = new CancellationTokenSource(Wait.Limit);
        var contexts = Services.GetRequiredService<IDbContextFactory<PostgresRecords>>();
        await using var records = await contexts.CreateDbContextAsync(limit.Token);
        while ((await records.Database.GetPendingMigrationsAsync(limit.Token)).Any())
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
