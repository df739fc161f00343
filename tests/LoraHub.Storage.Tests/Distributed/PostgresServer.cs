using LoraHub.Servers;
using LoraHub.Storage.Tests.Distributed;

[assembly: AssemblyFixture(typeof(PostgresServer))]

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>The server that all tests share.</summary>
public sealed class PostgresServer : PostgresProcess, IAsyncLifetime
{
    /// <summary>A new, empty database; without a server installed, the test is skipped.</summary>
    public Task<string> NewDatabaseOrSkipAsync()
    {
        Assert.SkipUnless(IsInstalled, "PostgreSQL is not installed.");
        return NewDatabaseAsync();
    }

    public async ValueTask InitializeAsync()
    {
        if (IsInstalled)
        {
            await InitializeFolderAsync();
            await StartAsync();
        }
    }
}
