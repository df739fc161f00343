using LoraHub.Api.Tests.Support;
using Microsoft.Data.Sqlite;

namespace LoraHub.Api.Tests.Upgrade;

/// <summary>A data folder of 4dfd9a7, whose process was killed.</summary>
public sealed class EmbeddedUpgradeTests(EmbeddedUpgradeTests.Opened opened) : UpgradeTests(opened), IClassFixture<EmbeddedUpgradeTests.Opened>
{
    [Fact]
    public void Waiting_predictions_run_in_order_of_creation()
    {
        var waited = Now.AtLast.Where(one => one.Key.StartsWith("waiting_", StringComparison.Ordinal) && one.Value["started_at"] is not null)
            .Select(one => one.Value).ToArray();

        Assert.Equal(
            waited.OrderBy(one => one.Text("created_at"), StringComparer.Ordinal).Select(one => one.Text("id")),
            waited.OrderBy(one => one.Text("started_at"), StringComparer.Ordinal).Select(one => one.Text("id")));
    }

    public sealed class Opened : Upgraded
    {
        readonly string _folder = Directory.CreateTempSubdirectory("lorahub-").FullName;

        protected override string Name => "embedded";

        private protected override async Task<UpgradedService> StartAsync(string receiver)
        {
            await Before.ExtractAsync("embedded.tar.gz", _folder);
            await using (var records = new SqliteConnection($"Data Source={Path.Combine(_folder, "lorahub.db")};Pooling=false"))
            {
                await records.OpenAsync(TestContext.Current.CancellationToken);
                await using var command = records.CreateCommand();
                command.CommandText =
                    "UPDATE predictions SET webhook = replace(replace(webhook, $from, $to), $nobody, $to) WHERE webhook IS NOT NULL";
                command.Parameters.AddWithValue("$from", Before.Receiver);
                command.Parameters.AddWithValue("$nobody", Before.Nobody);
                command.Parameters.AddWithValue("$to", receiver);
                await command.ExecuteNonQueryAsync(TestContext.Current.CancellationToken);
            }

            return new UpgradedService(_folder);
        }

        /// <summary>Two days later: result files that no prediction names are deleted, and all others must stay.</summary>
        private protected override async Task<UpgradedService> RestartAsync(UpgradedService service)
        {
            await service.DisposeAsync();
            var blobs = Directory.CreateDirectory(Path.Combine(_folder, "blobs"));
            var unnamed = Path.Combine(blobs.CreateSubdirectory("00").FullName, new string('0', 64));
            await File.WriteAllTextAsync(unnamed, "no prediction names this", TestContext.Current.CancellationToken);
            foreach (var file in blobs.EnumerateFiles("*", SearchOption.AllDirectories))
            {
                file.LastWriteTimeUtc = TimeProvider.System.GetUtcNow().UtcDateTime - TimeSpan.FromDays(2);
            }

            var again = new UpgradedService(_folder);
            again.Start();
            using var limit = new CancellationTokenSource(Timeout);
            while (File.Exists(unnamed))
            {
                await Task.Delay(50, limit.Token);
            }

            return again;
        }

        protected override ValueTask CleanAsync()
        {
            Directory.Delete(_folder, recursive: true);
            return ValueTask.CompletedTask;
        }
    }
}
