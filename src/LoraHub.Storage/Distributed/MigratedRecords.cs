using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Distributed;

/// <summary>Creates contexts for code that needs the tables: the first ones wait until <see cref="Postgres"/> has migrated them.</summary>
sealed class MigratedRecords(IDbContextFactory<PostgresRecords> contexts, Postgres postgres) : IDbContextFactory<RecordsContext>
{
    public RecordsContext CreateDbContext() => contexts.CreateDbContext();

    public async Task<RecordsContext> CreateDbContextAsync(CancellationToken cancellationToken = default)
    {
        await postgres.WaitForTablesAsync(cancellationToken);
        return await contexts.CreateDbContextAsync(cancellationToken);
    }
}
