using LoraHub.Core.Predictions;
using LoraHub.Storage.Embedded;
using LoraHub.Storage.Records;
using LoraHub.Storage.Tests.Contracts;
using LoraHub.Storage.Tests.Distributed;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Tests.Records;

/// <summary>Data of an earlier version survives the migration of the tables.</summary>
public sealed class MigrationTests(PostgresServer postgres)
{
    const string Input = """{"seed":42,"lora_modules_specified":"mine/colors, mine/plurals@111111111111"}""";

    const string Webhook = """{"Url":"https://example.org/?secret=1","Events":["Start","Completed"],"Trace":{"traceparent":"00-1-2-01"}}""";

    const string Composing = """{"kind":"composing","Modules":[{"Id":"mine/verbs","Digest":"2222"}]}""";

    static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Migration_preserves_data_in_SQLite()
    {
        var folder = Directory.CreateTempSubdirectory("lorahub-").FullName;
        await AssertPreservedAsync(() => new SqliteRecords(new DbContextOptionsBuilder<SqliteRecords>()
            .UseSqlite(SqliteFile.ConnectionString(folder) + ";Pooling=false").Options));
        Directory.Delete(folder, recursive: true);
    }

    [Fact]
    public async Task Migration_preserves_data_in_PostgreSQL()
    {
        var database = await postgres.NewDatabaseOrSkipAsync();
        await AssertPreservedAsync(() => new PostgresRecords(new DbContextOptionsBuilder<PostgresRecords>().UseNpgsql(database).Options));
    }

    static async Task AssertPreservedAsync(Func<RecordsContext> open)
    {
        await using (var before = open())
        {
            await before.Database.MigrateAsync(before.Database.GetMigrations().Single(name => name.EndsWith("_Modules", StringComparison.Ordinal)),
                Token);
            await FillAsync(before);
            await before.Database.MigrateAsync(
                before.Database.GetMigrations().Single(name => name.EndsWith("_CreatedPredictions", StringComparison.Ordinal)), Token);
            await AddPlannedAsync(before);
        }

        await using var after = open();
        await after.Database.MigrateAsync(Token);
        Assert.Equal(2, await after.AddUsesAsync(Token));
        Assert.Equal(2, await after.AddUsesAsync(Token)); // repeating it changes nothing

        var whole = (await after.Predictions.SingleAsync(row => row.Id == "whole", Token)).ToCreated();
        Assert.Equal(Input, whole.Input.ToJsonString());
        Assert.Equal(("http://localhost", "lorahub/mine", "gpu", "00-1-2-01"), (whole.Origin, whole.Deployment, whole.Hardware, whole.TraceParent));
        Assert.Equal((DateTimeOffset.UnixEpoch.AddSeconds(1), DateTimeOffset.UnixEpoch.AddSeconds(2)), (whole.CreatedAt, whole.Deadline));
        Assert.Equal(Webhook, RecordJson.Write(whole.Webhook));
        Assert.Null(whole.Plan);

        var bare = (await after.Predictions.SingleAsync(row => row.Id == "bare", Token)).ToCreated();
        Assert.Equal("it's \"quoted\" ä", bare.Origin);
        Assert.Equal((null, null, null, null), (bare.Deadline, bare.Deployment, bare.Webhook, bare.TraceParent));

        var planned = (await after.Predictions.SingleAsync(row => row.Id == "planned", Token)).ToCreated();
        Assert.Equal([new ModuleUse("mine/colors", "1111")], Assert.IsType<CompositionPlan>(planned.Plan).Modules);
        Assert.Equal(3, await after.Predictions.CountAsync(row => row.Kind == PredictionKind.Compose, Token));

        Assert.Equal(
            [("mine/colors", ""), ("mine/plurals", "111111111111"), ("mine/verbs", "2222")],
            (await after.ModuleUses.Where(use => use.PredictionId == "whole").OrderBy(use => use.ModuleId).ToListAsync(Token))
                .Select(use => (use.ModuleId, use.Digest)));
        Assert.Equal("mit", (await after.Modules.SingleAsync(Token)).License);
        Assert.False(after.Database.HasPendingModelChanges());
    }

    /// <summary>Adds a prediction as the version before kinds did.</summary>
    static async Task AddPlannedAsync(RecordsContext before)
    {
        var plan = RecordJson.Write(Some.Plan(new ModuleUse("mine/colors", "1111")));
        Assert.DoesNotContain("Kind", plan, StringComparison.Ordinal);
        await before.Database.ExecuteSqlAsync(
            $$"""
            INSERT INTO predictions (id, input, plan, created, created_at, hardware,
                status, cancel_requested, last_sequence, removed, arrival, attempts, enqueued, webhook_open, start_told)
            VALUES ('planned', {{"{}"}}, {{plan}}, {{"{\"Origin\":\"http://localhost\"}"}}, 1000000, 'cpu', 0, FALSE, 0, 0, 3, 0, FALSE, FALSE, FALSE)
            """,
            Token);
    }

    static async Task FillAsync(RecordsContext before)
    {
        await before.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO predictions (id, input, origin, created_at, deadline, deployment, webhook, hardware, trace_parent,
                status, cancel_requested, last_sequence, removed, arrival, attempts, enqueued, webhook_open, start_told)
            VALUES ('whole', {Input}, 'http://localhost', 1000000, 2000000, 'lorahub/mine', {Webhook}, 'gpu', '00-1-2-01',
                    0, FALSE, 1, 0, 1, 0, FALSE, TRUE, FALSE),
                ('bare', {"{}"}, {"it's \"quoted\" ä"}, 1000000, NULL, NULL, NULL, 'cpu', NULL, 0, FALSE, 0, 0, 2, 0, FALSE, FALSE, FALSE)
            """,
            Token);
        await before.Database.ExecuteSqlAsync(
            $"INSERT INTO events (prediction_id, sequence, at, part, data) VALUES ('whole', 1, 1000000, {(int)DataParts.None}, {Composing})", Token);
        await before.Database.ExecuteSqlAsync(
            $"""
            INSERT INTO modules (id, digest, is_current, owner, is_usable, is_owned, size, published_at, uses, stamp, licence, tags, datasets, card)
            VALUES ('mine/colors', {Some.Digest('1')}, TRUE, 'mine', TRUE, TRUE, 1, 1000000, 0, '', 'mit', '[]', '[]', '')
            """,
            Token);
    }
}
