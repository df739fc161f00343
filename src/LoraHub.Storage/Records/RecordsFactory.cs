using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Design;

namespace LoraHub.Storage.Records;

/// <summary>The contexts of one database, for what does not care which.</summary>
sealed class RecordsFactory<TRecords>(IDbContextFactory<TRecords> contexts) : IDbContextFactory<RecordsContext>
    where TRecords : RecordsContext
{
    public RecordsContext CreateDbContext() => contexts.CreateDbContext();

    public async Task<RecordsContext> CreateDbContextAsync(CancellationToken cancellationToken = default) => await contexts.CreateDbContextAsync(cancellationToken);
}

/// <summary>For <c>dotnet ef migrations add</c> alone (see Migrations/README.md).</summary>
sealed class SqliteDesign : IDesignTimeDbContextFactory<SqliteRecords>
{
    public SqliteRecords CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<SqliteRecords>().UseSqlite().Options);
}

/// <inheritdoc cref="SqliteDesign"/>
sealed class PostgresDesign : IDesignTimeDbContextFactory<PostgresRecords>
{
    public PostgresRecords CreateDbContext(string[] args) => new(new DbContextOptionsBuilder<PostgresRecords>().UseNpgsql().Options);
}
