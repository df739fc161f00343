using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Embedded;
using LoraHub.Storage.Records;
using LoraHub.Storage.Tests.Distributed;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Tests.Records;

/// <summary>What an earlier version of the program stored is there after the tables of modules have come.</summary>
public sealed class ModulesMigrationTests(PostgresServer postgres)
{
    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Predictions_in_SQLite_stay()
    {
        var folder = Directory.CreateTempSubdirectory("lorahub-").FullName;
        await StayAsync(() => new SqliteRecords(new DbContextOptionsBuilder<SqliteRecords>().UseSqlite(SqliteFile.ConnectionString(folder) + ";Pooling=false").Options));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Predictions_in_PostgreSQL_stay()
    {
        var database = await postgres.NewDatabaseOrSkipAsync();
        await StayAsync(() => new PostgresRecords(new DbContextOptionsBuilder<PostgresRecords>().UseNpgsql(database).Options));
    }

    static async Task StayAsync(Func<RecordsContext> open)
    {
        var prediction = new Prediction { Id = "old", Input = new JsonObject { ["seed"] = 42 }, Origin = "http://localhost", CreatedAt = DateTimeOffset.UnixEpoch };
        await using (var before = open())
        {
            await before.Database.MigrateAsync(before.Database.GetMigrations().First(), Token);
            before.Predictions.Add(PredictionRow.From(prediction, arrival: 1));
            await before.SaveChangesAsync(Token);
        }

        await using var after = open();
        Assert.Single(await after.Database.GetPendingMigrationsAsync(Token));
        await after.Database.MigrateAsync(Token);

        Assert.Equal(42, (int)(await after.Predictions.SingleAsync(Token)).ToPrediction([]).Input["seed"]!);
        Assert.Empty(await after.Modules.ToListAsync(Token));
        Assert.False(after.Database.HasPendingModelChanges());
    }
}
