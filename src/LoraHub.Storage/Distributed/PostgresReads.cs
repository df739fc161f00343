using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Distributed;

/// <exception cref="Core.StorageUnavailableException">The database is unreachable or refuses the query.</exception>
sealed class PostgresReads(IDbContextFactory<RecordsContext> contexts, int atOnce) : RecordReads(contexts, atOnce)
{
    protected override Task<T> AskAsync<T>(Func<Task<T>> query) => Postgres.AskAsync(query);
}
