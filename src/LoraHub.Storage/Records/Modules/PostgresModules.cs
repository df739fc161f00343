using LoraHub.Storage.Distributed;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records.Modules;

/// <summary>
/// <c>tsvector</c> with a GIN index. The words are given to it as they are, as the configuration <c>simple</c> would leave them, so that no setting of the server
/// parts them otherwise than here.
/// </summary>
sealed class PostgresModules(IDbContextFactory<RecordsContext> contexts) : IModuleDatabase
{
    /// <summary>The last place that a <c>tsvector</c> tells from others.</summary>
    const int LastPlace = 16383;

    public Task<T> ReadAsync<T>(Func<RecordsContext, Task<T>> read, CancellationToken cancellationToken) => Postgres.AskAsync(async () =>
    {
        await using var records = await contexts.CreateDbContextAsync(cancellationToken);
        return await read(records);
    });

    public Task HoldAsync(RecordsContext records, string id, CancellationToken cancellationToken) =>
        records.Database.ExecuteSqlAsync($"SELECT pg_advisory_xact_lock(hashtextextended({"module " + id}, 0))", cancellationToken);

    public Task AddWordsAsync(RecordsContext records, long number, IReadOnlyList<string> ofId, IReadOnlyList<string> ofCard, CancellationToken cancellationToken)
    {
        var words = string.Join(' ', [.. ofId.Select((word, at) => $"'{word}':{at + 1}A"), .. ofCard.Take(LastPlace - ofId.Count).Select((word, at) => $"'{word}':{ofId.Count + at + 1}")]);
        return records.Database.ExecuteSqlAsync($"INSERT INTO module_words (number, words) VALUES ({number}, {words}::tsvector)", cancellationToken);
    }

    public Task RemoveWordsAsync(RecordsContext records, long number, CancellationToken cancellationToken) =>
        records.Database.ExecuteSqlAsync($"DELETE FROM module_words WHERE number = {number}", cancellationToken);

    public IQueryable<ModuleMatch> Matches(RecordsContext records, IReadOnlyList<string> words)
    {
        var query = string.Join(" & ", words.Select(word => $"'{word}':*"));
        return records.Database.SqlQuery<ModuleMatch>(
            $"SELECT number AS \"Number\", (-ts_rank(words, {query}::tsquery))::float8 AS \"Distance\" FROM module_words WHERE words @@ {query}::tsquery");
    }
}
