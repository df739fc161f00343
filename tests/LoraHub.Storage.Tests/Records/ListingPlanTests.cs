using LoraHub.Core.Predictions;
using LoraHub.Storage.Embedded;
using LoraHub.Storage.Records;
using LoraHub.Storage.Tests.Distributed;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Tests.Records;

/// <summary>A page is read from an index, also of the few trainings or failed predictions among many.</summary>
public sealed class ListingPlanTests(PostgresServer postgres)
{
    const string OfAll = "IX_predictions_created_at_id", OfTrainings = "IX_predictions_trainings", OfStatus = "IX_predictions_status_created_at_id";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task SQLite_reads_pages_from_indexes()
    {
        var folder = Directory.CreateTempSubdirectory("lorahub-").FullName;
        await using (var records = new SqliteRecords(new DbContextOptionsBuilder<SqliteRecords>()
            .UseSqlite(SqliteFile.ConnectionString(folder) + ";Pooling=false").Options))
        {
            await records.Database.MigrateAsync(Token);
            await AssertPlansAsync(records, "EXPLAIN QUERY PLAN ", column: 3);
        }

        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task PostgreSQL_reads_pages_from_indexes()
    {
        var database = await postgres.NewDatabaseOrSkipAsync();
        await using var records = new PostgresRecords(new DbContextOptionsBuilder<PostgresRecords>().UseNpgsql(database).Options);
        await records.Database.MigrateAsync(Token);

        await AssertPlansAsync(records, "SET enable_seqscan = off; SET enable_bitmapscan = off; EXPLAIN ", column: 0); // the table is empty
    }

    static async Task AssertPlansAsync(RecordsContext records, string explain, int column)
    {
        Assert.Contains(OfAll, await PlanAsync(kinds: null), StringComparison.Ordinal);
        Assert.Contains(OfAll, await PlanAsync(PredictionKinds.Predictions), StringComparison.Ordinal);
        Assert.Contains(OfTrainings, await PlanAsync(PredictionKinds.Trainings), StringComparison.Ordinal);
        Assert.Contains(OfStatus, await PlanAsync(PredictionKinds.Predictions, PredictionStatus.Failed), StringComparison.Ordinal);

        async Task<string> PlanAsync(IReadOnlyList<PredictionKind>? kinds, PredictionStatus? status = null)
        {
            await using var command = records.Database.GetDbConnection().CreateCommand();
            var query = new PredictionQuery { Kinds = kinds, Statuses = status is { } only ? [only] : null };
            command.CommandText = explain + RecordReader.Rows(records, query).ToQueryString();
            await records.Database.OpenConnectionAsync(Token);
            await using var reader = await command.ExecuteReaderAsync(Token);
            var lines = new List<string>();
            while (await reader.ReadAsync(Token))
            {
                lines.Add(reader.GetString(column));
            }

            return string.Join('\n', lines);
        }
    }
}
