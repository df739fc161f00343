using LoraHub.Storage.Embedded;
using LoraHub.Storage.Records;
using LoraHub.Storage.Tests.Distributed;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.DependencyInjection;
using DistributedEngine = LoraHub.Storage.Tests.Distributed.DistributedEngine;
using EmbeddedEngine = LoraHub.Storage.Tests.Embedded.EmbeddedEngine;

namespace LoraHub.Storage.Tests.Records;

/// <summary>A program does not start on records that are not its own, or of a newer version, and leaves them as they are.</summary>
public sealed class NewerTablesTests(NatsServer nats, PostgresServer postgres)
{
    const string Newer = "20990101000000_Newer";

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task An_older_program_does_not_start_on_a_newer_file()
    {
        await using var engine = await EmbeddedEngine.StartAsync();
        await AddMigrationAsync(engine.Services);

        var refusal = await RestartAsync(engine);

        Assert.Contains(
            $"was written by a newer version of LoraHub (it has the change {Newer}). Nothing was changed.",
            refusal.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_older_program_does_not_start_on_a_newer_PostgreSQL_database()
    {
        await using var engine = await DistributedEngine.StartAsync(nats, postgres);
        await AddMigrationAsync(engine.Services);

        var refusal = await Assert.ThrowsAsync<InvalidOperationException>(engine.StartNodeAsync);

        Assert.Contains("was written by a newer version of LoraHub", refusal.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_emptied_file_is_not_taken_for_a_new_one()
    {
        await using var engine = await EmbeddedEngine.StartAsync();
        await engine.CreateAsync();
        var file = Path.Combine(engine.DataPath, SqliteFile.Name);

        var refusal = await RestartAsync(engine, () => File.WriteAllBytes(file, []));

        Assert.Contains("is empty (0 bytes). Nothing was changed. Put a backup in its place", refusal.Message, StringComparison.Ordinal);
        Assert.Equal(0, new FileInfo(file).Length);
    }

    [Fact]
    public async Task A_database_of_another_program_is_refused()
    {
        await using var engine = await EmbeddedEngine.StartAsync();
        var file = Path.Combine(engine.DataPath, SqliteFile.Name);

        var refusal = await RestartAsync(engine, () =>
        {
            File.Delete(file);
            using var foreign = new Microsoft.Data.Sqlite.SqliteConnection($"Data Source={file};Pooling=False");
            foreign.Open();
            using var command = foreign.CreateCommand();
            command.CommandText = "CREATE TABLE theirs (id INTEGER)";
            command.ExecuteNonQuery();
        });

        Assert.Contains("holds no tables of LoraHub. Nothing was changed.",
            refusal.Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_log_without_its_file_is_refused()
    {
        await using var engine = await EmbeddedEngine.StartAsync();
        var file = Path.Combine(engine.DataPath, SqliteFile.Name);

        var refusal = await RestartAsync(engine, () => File.Move(file, file + "-wal", overwrite: true));

        Assert.Contains("is missing, but lorahub.db-wal is there.", refusal.Message, StringComparison.Ordinal);
        Assert.False(File.Exists(file));
    }

    [Fact]
    public async Task A_first_start_that_was_killed_is_repeated()
    {
        await using var engine = await EmbeddedEngine.StartAsync();
        var file = Path.Combine(engine.DataPath, SqliteFile.Name);
        await ((IAsyncDisposable)engine.Services).DisposeAsync();
        File.Delete(file);
        await File.WriteAllTextAsync(file + ".new", "half", Cancellation);
        await using var next = engine.NewServices();

        await EmbeddedEngine.OpenAsync(next);

        Assert.True(File.Exists(file));
        Assert.False(File.Exists(file + ".new"));
    }

    static async Task AddMigrationAsync(IServiceProvider services)
    {
        await using var records = await services.GetRequiredService<IDbContextFactory<RecordsContext>>().CreateDbContextAsync(Cancellation);
        await records.Database.ExecuteSqlAsync($"INSERT INTO \"__EFMigrationsHistory\" VALUES ({Newer}, '99.0.0')", Cancellation);
    }

    /// <summary>Ends the engine's process and starts the next one, which refuses.</summary>
    static async Task<InvalidOperationException> RestartAsync(EmbeddedEngine engine, Action? between = null)
    {
        await ((IAsyncDisposable)engine.Services).DisposeAsync();
        between?.Invoke();
        await using var next = engine.NewServices();
        return await Assert.ThrowsAsync<InvalidOperationException>(() => EmbeddedEngine.OpenAsync(next));
    }
}
