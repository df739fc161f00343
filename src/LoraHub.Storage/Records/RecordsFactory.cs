using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace LoraHub.Storage.Records;

/// <summary>Creates contexts for code that is independent of the database.</summary>
sealed class RecordsFactory<TRecords>(IDbContextFactory<TRecords> contexts) : IDbContextFactory<RecordsContext>
    where TRecords : RecordsContext
{
    public RecordsContext CreateDbContext() => contexts.CreateDbContext();

    public async Task<RecordsContext> CreateDbContextAsync(CancellationToken cancellationToken = default) =>
        await contexts.CreateDbContextAsync(cancellationToken);
}

/// <summary>Only for <c>dotnet ef migrations add</c> (see Migrations/README.md).</summary>
sealed class SqliteDesign : IDesignTimeDbContextFactory<SqliteRecords>
{
    public SqliteRecords CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<SqliteRecords>().UseSqlite().Options);
}

/// <inheritdoc cref="SqliteDesign"/>
sealed class PostgresDesign : IDesignTimeDbContextFactory<PostgresRecords>
{
    public PostgresRecords CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<PostgresRecords>().UseNpgsql().Options);
}
