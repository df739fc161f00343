using LoraHub.Servers;
using LoraHub.Storage.Tests.Distributed;

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
}
