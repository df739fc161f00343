using LoraHub.Core;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>Invalid settings stop the start; unreachable servers do not.</summary>
public sealed class DistributedSettingsTests : IDisposable
{
    const string Nats = "nats://user:s3cret@127.0.0.1:1", Postgres = "Host=127.0.0.1;Port=1;Username=lorahub;Password=s3cret;Timeout=1";

    readonly string _folder = Directory.CreateTempSubdirectory("lorahub-").FullName;

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData("s3cret", Postgres, "Distributed:Nats")]
    [InlineData("http://user:s3cret@host", Postgres, "Distributed:Nats")]
    [InlineData("nats://user:s3cret@host:4222,", Postgres, "Distributed:Nats")]
    [InlineData(Nats, "", "Distributed:Postgres")]
    [InlineData(Nats, "s3cret", "Distributed:Postgres")]
    [InlineData(Nats, "Password=s3cret", "Distributed:Postgres")]
    [InlineData(Nats, "Host=db;Port=s3cret", "Distributed:Postgres")]
    public async Task An_invalid_setting_is_named_and_not_quoted(string nats, string postgres, string named)
    {
        await using var services = Services(nats, postgres);

        var exception = Assert.Throws<OptionsValidationException>(services.GetRequiredService<IStartupValidator>().Validate);

        Assert.Contains(named, exception.Message);
        Assert.DoesNotContain("s3cret", exception.Message);
    }

    [Fact]
    public async Task A_node_starts_without_both_servers_and_logs_no_credentials()
    {
        await using var services = Services(Nats, Postgres);
        services.GetRequiredService<IStartupValidator>().Validate();
        var hosted = services.GetServices<IHostedService>().ToArray();
        foreach (var service in hosted)
        {
            await service.StartAsync(Cancellation);
        }

        var checks = services.GetServices<IEngineHealth>().Select(part => part.CheckAsync(Cancellation));
        var troubles = (await Task.WhenAll(checks)).OfType<string>().ToArray();

        Assert.Contains(troubles, trouble => trouble.Contains("NATS cannot be reached"));
        Assert.Contains(troubles, trouble => trouble.Contains("PostgreSQL cannot be reached"));
        Assert.DoesNotContain(troubles, trouble => trouble.Contains("s3cret"));
        Assert.Throws<StorageUnavailableException>(() => services.GetRequiredService<IServiceKeys>().KeyOf("stream"));
        foreach (var service in hosted)
        {
            await service.StopAsync(Cancellation);
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    ServiceProvider Services(string nats, string postgres)
    {
        var configuration = new ConfigurationBuilder()
            .AddInMemoryCollection([new("Data:Path", _folder), new("Distributed:Nats", nats), new("Distributed:Postgres", postgres)]).Build();
        return new ServiceCollection().AddSingleton<IConfiguration>(configuration).AddLogging().AddStorage(configuration).BuildServiceProvider();
    }
}
