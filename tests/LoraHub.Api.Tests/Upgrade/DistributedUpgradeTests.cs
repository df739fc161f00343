using LoraHub.Servers;
using LoraHub.Storage.Tests.Distributed;
using Npgsql;

namespace LoraHub.Api.Tests.Upgrade;

/// <summary>A database and a NATS server's folder of 4dfd9a7, whose processes were killed. The new node has its own empty folder.</summary>
public sealed class DistributedUpgradeTests : UpgradeTests, IClassFixture<DistributedUpgradeTests.Opened>
{
    public DistributedUpgradeTests(Opened opened)
        : base(opened) => Assert.SkipUnless(Opened.HasServers, "nats-server or PostgreSQL is not installed.");

    public sealed class Opened(PostgresServer postgres) : Upgraded
    {
        readonly NatsProcess _nats = new();
        readonly string _folder = Directory.CreateTempSubdirectory("lorahub-").FullName;

        public static bool HasServers => NatsProcess.IsInstalled && PostgresProcess.IsInstalled;

        protected override string Name => "distributed";

        protected override Task<bool> SkipsAsync() => Task.FromResult(!HasServers);

        private protected override async Task<UpgradedService> StartAsync(string receiver)
        {
            Directory.CreateDirectory(_nats.Folder);
            await Before.ExtractAsync("distributed.nats.tar.gz", _nats.Folder);
            await _nats.StartAsync();
            var database = await postgres.NewDatabaseAsync();
            await using (var connection = new NpgsqlConnection($"{database};Pooling=false"))
            {
                await connection.OpenAsync(TestContext.Current.CancellationToken);
                await using var command = new NpgsqlCommand(Before.Sql(receiver), connection) { CommandTimeout = 120 };
                await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            }

            return new UpgradedService(_folder, ("Distributed:Nats", _nats.Url), ("Distributed:Postgres", database));
        }

        protected override async ValueTask CleanAsync()
        {
            await _nats.DisposeAsync();
            Directory.Delete(_folder, recursive: true);
        }
    }
}
