using LoraHub.Storage.Records;
using LoraHub.Storage.Records.Modules;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Embedded;

/// <summary>The search uses FTS5, which stores only an index of the words, by the row's number.</summary>
sealed class SqliteModules(IDbContextFactory<RecordsContext> contexts, IRecordWriter writer) : DatabaseModules(writer)
{
    /// <summary>
    /// A search that matches everything reads every module's row. Mapping the file avoids a system call for each page.
    /// </summary>
    const string Mapped = "PRAGMA mmap_size=1073741824"; // bytes of address space

    protected override async Task<T> ReadAsync<T>(Func<RecordsContext, Task<T>> read, CancellationToken cancellationToken)
    {
        await using var records = await contexts.CreateDbContextAsync(cancellationToken);
        await records.Database.OpenConnectionAsync(cancellationToken);
        await records.Database.ExecuteSqlRawAsync(Mapped, cancellationToken);
        return await read(records);
    }

    protected override Task AddWordsAsync(
        RecordsContext records, long number, IReadOnlyList<string> ofId, IReadOnlyList<string> ofCard, CancellationToken cancellationToken)
    {
        var (id, card) = (string.Join(' ', ofId), string.Join(' ', ofCard));
        return records.Database.ExecuteSqlAsync($"INSERT INTO module_words (rowid, id, card) VALUES ({number}, {id}, {card})", cancellationToken);
    }

    protected override Task RemoveWordsAsync(RecordsContext records, long number, CancellationToken cancellationToken) =>
        records.Database.ExecuteSqlAsync($"DELETE FROM module_words WHERE rowid = {number}", cancellationToken);

    protected override IQueryable<ModuleMatch> Matches(RecordsContext records, IReadOnlyList<string> words, bool anyWord)
    {
        var query = string.Join(anyWord ? " OR " : " ", words.Select(word => $"\"{word}\"*"));
        return records.Database.SqlQuery<ModuleMatch>(
            $"SELECT rowid AS \"Number\", bm25(module_words, 10.0, 1.0) AS \"Distance\" FROM module_words WHERE module_words MATCH {query}");
    }
}
