using System.Collections.Concurrent;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>The first start on empty servers.</summary>
public sealed class FirstStartTests(NatsServer nats, PostgresServer postgres)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Nobody_asks_for_tables_that_are_still_to_be_made()
    {
        var (url, database) = (nats.UrlOrSkip(), await postgres.NewDatabaseOrSkipAsync());
        var folder = Directory.CreateTempSubdirectory("lorahub-").FullName;
        using var log = new Troubles();
        var configuration = new ConfigurationBuilder().AddInMemoryCollection([
            new("Data:Path", folder), new("Distributed:Nats", url), new("Distributed:Postgres", database),
            new("Distributed:Prefix", "test-" + PredictionId.New()[..20])]).Build();
        await using var services = new ServiceCollection().AddSingleton<IConfiguration>(configuration)
            .AddLogging(logging => logging.AddProvider(log)).AddStorage(configuration).BuildServiceProvider();
        var hosted = services.GetServices<IHostedService>().ToArray();

        foreach (var service in hosted)
        {
            await service.StartAsync(Cancellation);
        }

        Assert.Equal(0, (await services.GetRequiredService<IPredictionUpkeep>().MeasureAsync(PredictionKind.Train, Cancellation)).Waiting);
        await using (var records = await services.GetRequiredService<IDbContextFactory<RecordsContext>>().CreateDbContextAsync(Cancellation))
        {
            Assert.Empty(await records.Predictions.ToListAsync(Cancellation));
        }

        foreach (var service in hosted)
        {
            await service.StopAsync(Cancellation);
        }

        Assert.Empty(log.Lines);
        Directory.Delete(folder, recursive: true);
    }

    /// <summary>Collects warnings and errors.</summary>
    sealed class Troubles : ILoggerProvider, ILogger
    {
        public ConcurrentQueue<string> Lines { get; } = new();

        public ILogger CreateLogger(string categoryName) => this;

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Warning;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter) =>
            (IsEnabled(logLevel) ? Lines : new()).Enqueue(formatter(state, exception));

        public void Dispose()
        {
        }
    }
}
