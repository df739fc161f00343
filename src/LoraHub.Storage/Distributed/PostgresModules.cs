using LoraHub.Storage.Records;
using LoraHub.Storage.Records.Modules;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Distributed;

/// <summary>
/// The search uses a <c>tsvector</c> with a GIN index. It stores the words unchanged, so that no setting of the server splits them differently.
/// </summary>
sealed class PostgresModules(IDbContextFactory<RecordsContext> contexts, IRecordWriter writer) : DatabaseModules(writer)
{
    /// <summary>The highest position in a <c>tsvector</c>.</summary>
    const int LastPlace = 16383;

    protected override Task<T> ReadAsync<T>(Func<RecordsContext, Task<T>> read, CancellationToken cancellationToken) => Postgres.AskAsync(async () =>
    {
        await using var records = await contexts.CreateDbContextAsync(cancellationToken);
        return await read(records);
    });

    protected override Task AddWordsAsync(
        RecordsContext records, long number, IReadOnlyList<string> ofId, IReadOnlyList<string> ofCard, CancellationToken cancellationToken)
    {
        var idWords = ofId.Select((word, at) => $"'{word}':{at + 1}A");
        var cardWords = ofCard.Take(LastPlace - ofId.Count).Select((word, at) => $"'{word}':{ofId.Count + at + 1}");
        var words = string.Join(' ', idWords.Concat(cardWords));
        return records.Database.ExecuteSqlAsync($"INSERT INTO module_words (number, words) VALUES ({number}, {words}::tsvector)", cancellationToken);
    }

    protected override Task RemoveWordsAsync(RecordsContext records, long number, CancellationToken cancellationToken) =>
        records.Database.ExecuteSqlAsync($"DELETE FROM module_words WHERE number = {number}", cancellationToken);

    protected override IQueryable<ModuleMatch> Matches(RecordsContext records, IReadOnlyList<string> words, bool anyWord)
    {
        var query = string.Join(anyWord ? " | " : " & ", words.Select(word => $"'{word}':*"));
        return records.Database.SqlQuery<ModuleMatch>(
            $"""
            SELECT number AS "Number", (-ts_rank(words, {query}::tsquery))::float8 AS "Distance"
            FROM module_words WHERE words @@ {query}::tsquery
            """);
    }
}
