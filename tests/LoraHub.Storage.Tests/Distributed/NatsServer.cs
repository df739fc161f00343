using LoraHub.Servers;
using LoraHub.Storage.Tests.Distributed;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;

[assembly: AssemblyFixture(typeof(NatsServer))]

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>The server that all tests share.</summary>
public sealed class NatsServer : NatsProcess, IAsyncLifetime
{
    /// <summary>The server's address; without one installed, the test is skipped.</summary>
    public string UrlOrSkip()
    {
        Assert.SkipUnless(IsInstalled, "nats-server is not installed.");
        return Url;
    }

    public async ValueTask InitializeAsync()
    {
        if (IsInstalled)
        {
            await StartAsync();
        }
    }

    /// <summary>Fills the server to its last bytes, as another program that uses it does.</summary>
    public async Task FillAsync(INatsJSContext server)
    {
        Assert.NotNull(MaxFileStore);
        var cancellationToken = TestContext.Current.CancellationToken;
        await server.CreateStreamAsync(new StreamConfig("filler", ["filler"]), cancellationToken);
        foreach (var size in (int[])[10_000, 100, 0])
        {
            while ((await server.PublishAsync("filler", new byte[size], cancellationToken: cancellationToken)).Error is null)
            {
            }
        }
    }
}
