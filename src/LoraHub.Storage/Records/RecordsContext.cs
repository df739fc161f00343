using LoraHub.Core.Models;
using LoraHub.Storage.Records.Deployments;
using LoraHub.Storage.Records.Modules;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records;

/// <summary>The tables, identical in both databases.</summary>
abstract class RecordsContext(DbContextOptions options) : DbContext(options)
{
    const string Open = "completed_at IS NULL";

    public DbSet<PredictionRow> Predictions => Set<PredictionRow>();

    public DbSet<EventRow> Events => Set<EventRow>();

    public DbSet<ResultRow> Results => Set<ResultRow>();

    public DbSet<ModuleUseRow> ModuleUses => Set<ModuleUseRow>();

    public DbSet<ModuleRow> Modules => Set<ModuleRow>();

    public DbSet<ModuleTagRow> ModuleTags => Set<ModuleTagRow>();

    public DbSet<ModelEntry> Models => Set<ModelEntry>();

    public DbSet<DeploymentRow> Deployments => Set<DeploymentRow>();

    /// <summary>Runs the statements that every prediction needs.</summary>
    public RecordCommands Commands => field ??= new RecordCommands(this);

    /// <summary>The collation that compares text byte by byte.</summary>
    protected abstract string Ordinal { get; }

    /// <summary>The bytes of a text, in a query.</summary>
    public static int? Bytes(string? text) => throw new InvalidOperationException($"Only a database can count the bytes of {text}.");

    /// <summary>An id in lower case, in a query. Only ASCII letters have one: SQLite knows no others, and neither does the collation C.</summary>
    public static string Lower(string id) => throw new InvalidOperationException($"Only a database compares {id}.");

    /// <summary>The name that writers of a model or its versions hold. Earlier versions hold it, too.</summary>
    public static string ModelName(string id) => $"module {id}";

    /// <summary>Waits until no other transaction holds the name, and holds it until this transaction ends.</summary>
    public abstract Task HoldAsync(string name, CancellationToken cancellationToken);

    /// <summary>Waits until no other transaction creates a prediction, and lets none do so until this transaction ends.</summary>
    public abstract Task HoldCreationsAsync(CancellationToken cancellationToken);

    protected override void ConfigureConventions(ModelConfigurationBuilder configurationBuilder) =>
        configurationBuilder.Properties<DateTimeOffset>().HaveConversion<StoredTime>();

    protected override void OnModelCreating(ModelBuilder modelBuilder)
    {
        var predictions = modelBuilder.Entity<PredictionRow>();
        predictions.ToTable("predictions").HasKey(row => row.Id);
        predictions.Property(row => row.Id).UseCollation(Ordinal);
        predictions.Property(row => row.Kind).HasConversion<string>();
        predictions.HasIndex(row => new { row.CreatedAt, row.Id });
        predictions.HasIndex(row => new { row.CreatedAt, row.Id }, "IX_predictions_trainings").HasFilter("kind = 'Train'"); // few among many others
        predictions.HasIndex(row => new { row.Status, row.CreatedAt, row.Id }); // few have failed, or run
        predictions.HasIndex(row => row.Arrival).HasFilter(Open);
        predictions.HasIndex(row => row.CompletedAt);
        predictions.HasIndex(row => row.ClaimedUntil).HasFilter("webhook_open");

        var events = modelBuilder.Entity<EventRow>();
        events.ToTable("events").HasKey(row => new { row.PredictionId, row.Sequence });
        events.Property(row => row.PredictionId).UseCollation(Ordinal);

        var results = modelBuilder.Entity<ResultRow>();
        results.ToTable("results").HasKey(row => new { row.Digest, row.PredictionId });
        results.HasIndex(row => row.PredictionId);

        var uses = modelBuilder.Entity<ModuleUseRow>();
        uses.ToTable("module_uses").HasKey(row => new { row.PredictionId, row.ModuleId, row.Digest });
        uses.Property(row => row.PredictionId).UseCollation(Ordinal);
        uses.Property(row => row.ModuleId).UseCollation(Ordinal);
        uses.Property(row => row.Digest).UseCollation(Ordinal);

        modelBuilder.AddModules(Ordinal);

        var models = modelBuilder.Entity<ModelEntry>();
        models.ToTable("models").HasKey(entry => entry.Id);
        models.Property(entry => entry.Id).UseCollation(Ordinal);

        var deployments = modelBuilder.Entity<DeploymentRow>();
        deployments.ToTable("deployments").HasKey(row => row.Id);
        deployments.Property(row => row.Id).UseCollation(Ordinal);

        modelBuilder.HasDbFunction(typeof(RecordsContext).GetMethod(nameof(Bytes))!).HasName("octet_length").IsBuiltIn(); // in both databases
        modelBuilder.HasDbFunction(typeof(RecordsContext).GetMethod(nameof(Lower))!).HasName("lower").IsBuiltIn();

        // Snake case works in both databases without quotes.
        foreach (var property in modelBuilder.Model.GetEntityTypes().SelectMany(entity => entity.GetProperties()))
        {
            property.SetColumnName(System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(property.Name));
        }
    }
}

/// <summary>The tables in a SQLite file.</summary>
sealed class SqliteRecords(DbContextOptions<SqliteRecords> options) : RecordsContext(options)
{
    protected override string Ordinal => "BINARY";

    /// <summary>Does nothing, because SQLite has a single writer.</summary>
    public override Task HoldAsync(string name, CancellationToken cancellationToken) => Task.CompletedTask;

    /// <inheritdoc cref="HoldAsync"/>
    public override Task HoldCreationsAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>The tables in a PostgreSQL database.</summary>
sealed class PostgresRecords(DbContextOptions<PostgresRecords> options) : RecordsContext(options)
{
    /// <summary>The key of the advisory lock that serializes creations, so that concurrent ones cannot exceed the capacity.</summary>
    const long CreationLock = 0x4C6F7261;

    protected override string Ordinal => "C";

    public override Task HoldAsync(string name, CancellationToken cancellationToken) =>
        Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({name}, 0))", cancellationToken);

    public override Task HoldCreationsAsync(CancellationToken cancellationToken) =>
        Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock({CreationLock})", cancellationToken);
}
