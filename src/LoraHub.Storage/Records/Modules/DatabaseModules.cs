using LoraHub.Modules.Library;
using LoraHub.Modules.Ranking;
using LoraHub.Modules.Versions;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records.Modules;

/// <summary>
/// The index of modules in the database. The databases differ mainly in the search for words, which uses the table <c>module_words</c>.
/// </summary>
abstract class DatabaseModules(IRecordWriter writer) : IModuleIndex
{
    /// <summary>Reads the numbers of the page's rows from the indexes, then only those rows, because rows are long.</summary>
    public Task<IReadOnlyList<ModuleVersion>> ListAsync(ModuleQuery query, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<ModuleVersion>>(
            async records =>
            {
                var numbers = await Ordered(records, query).Skip(query.Skip).Take(query.Limit).ToListAsync(cancellationToken);
                var rows = await records.Modules.AsNoTracking().Where(row => numbers.Contains(row.Number))
                    .ToDictionaryAsync(row => row.Number, cancellationToken);
                return [.. numbers.Where(rows.ContainsKey).Select(number => rows[number].ToVersion())]; // a row may have been deleted in between
            },
            cancellationToken);

    public Task<int> CountAsync(ModuleQuery query, CancellationToken cancellationToken) =>
        ReadAsync(records => Ordered(records, query).CountAsync(cancellationToken), cancellationToken);

    public Task<IReadOnlyDictionary<string, ModuleVersion>> FindAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyDictionary<string, ModuleVersion>>(
            async records => await records.Modules.AsNoTracking().Where(row => row.IsCurrent && ids.Contains(row.Id))
                .ToDictionaryAsync(row => row.Id, row => row.ToVersion(), StringComparer.Ordinal, cancellationToken),
            cancellationToken);

    public Task<ModuleVersion?> FindAsync(ModuleReference reference, CancellationToken cancellationToken)
    {
        var id = StoredText.Of(reference.Id);
        return ReadAsync(
            async records =>
            {
                var versions = await records.Modules.Where(row => row.Id == id && (reference.Digest != null || row.IsCurrent))
                    .Select(row => new { row.Number, row.Digest }).ToListAsync(cancellationToken);
                return versions.FindAll(version => reference.Matches(version.Digest)) is [var only] // an ambiguous digest finds nothing
                    ? (await records.Modules.AsNoTracking().FirstOrDefaultAsync(row => row.Number == only.Number, cancellationToken))?.ToVersion()
                    : null;
            },
            cancellationToken);
    }

    /// <summary>The index over ids and digests holds all that this reads.</summary>
    public Task<IReadOnlyList<string>> IdsOfAsync(string digest, CancellationToken cancellationToken) => ReadAsync<IReadOnlyList<string>>(
        async records => await records.Modules.Where(row => row.Digest == digest).OrderBy(row => row.Id).Select(row => row.Id)
            .ToListAsync(cancellationToken),
        cancellationToken);

    public Task<string?> OtherSpellingAsync(string id, CancellationToken cancellationToken)
    {
        var wanted = StoredText.Of(id);
        return ReadAsync(
            async records =>
            {
                var modules = records.Modules.Where(row => RecordsContext.Lower(row.Id) == RecordsContext.Lower(wanted)).Select(row => row.Id);
                var models = records.Models.Where(entry => RecordsContext.Lower(entry.Id) == RecordsContext.Lower(wanted)).Select(entry => entry.Id);
                string[] known = [.. await modules.ToListAsync(cancellationToken), .. await models.ToListAsync(cancellationToken)];
                return known.Contains(wanted, StringComparer.Ordinal) ? null : known.Min(StringComparer.Ordinal);
            },
            cancellationToken);
    }

    public Task<IReadOnlyList<ModuleVersion>> VersionsAsync(string id, CancellationToken cancellationToken)
    {
        var wanted = StoredText.Of(id);
        return ReadAsync<IReadOnlyList<ModuleVersion>>(
            async records =>
            {
                var rows = await records.Modules.AsNoTracking().Where(row => row.Id == wanted)
                    .OrderByDescending(row => row.IsCurrent).ThenByDescending(row => row.PublishedAt).ThenByDescending(row => row.Number)
            .ToListAsync(cancellationToken);
                return [.. rows.Select(row => row.ToVersion())];
            },
            cancellationToken);
    }

    public Task<IReadOnlyDictionary<string, (DateTimeOffset First, DateTimeOffset Latest)>> TimesAsync(CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyDictionary<string, (DateTimeOffset, DateTimeOffset)>>(
            async records =>
            {
                var versions = await records.Modules.Select(row => new { row.Id, row.PublishedAt, row.IsCurrent }).ToListAsync(cancellationToken);
                return versions.GroupBy(version => version.Id, StringComparer.Ordinal).ToDictionary(
                    module => module.Key,
                    module => (module.Min(version => version.PublishedAt), module.MaxBy(version => version.IsCurrent)!.PublishedAt),
                    StringComparer.Ordinal);
            },
            cancellationToken);

    public Task<IReadOnlyDictionary<string, string>> StampsAsync(CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyDictionary<string, string>>(
            async records => await records.Modules.Where(row => row.IsCurrent).Select(row => new { row.Id, row.Stamp })
                .ToDictionaryAsync(row => row.Id, row => row.Stamp, StringComparer.Ordinal, cancellationToken),
            cancellationToken);

    public Task PutAsync(ModuleVersion version, CancellationToken cancellationToken) =>
        writer.WriteAsync(records => PutAsync(records, version, cancellationToken), cancellationToken);

    public Task<bool> TryPutOwnAsync(ModuleVersion version, CancellationToken cancellationToken) => writer.WriteAsync(
        async records =>
        {
            await records.HoldAsync(RecordsContext.ModelName(version.Id), cancellationToken);
            var publisher = StoredText.Of(version.PublishedBy);
            var isOthers = await records.Modules.AnyAsync(
                row => row.Id == version.Id && (row.PublishedBy != publisher || (row.IsCurrent && !row.IsOwned)), cancellationToken);
            var isReserved = await records.Models.AnyAsync(entry => entry.Id == version.Id && entry.CreatedBy != publisher, cancellationToken)
                && !await records.Modules.AnyAsync(row => row.Id == version.Id, cancellationToken); // else its versions say whose it is
            return !isOthers && !isReserved && await PutAsync(records, version, cancellationToken) > 0;
        },
        cancellationToken);

    public Task CountDownloadsAsync(IReadOnlyDictionary<ModuleReference, long> downloads, CancellationToken cancellationToken) =>
        writer.WriteAsync(records => records.CountDownloadsAsync(downloads, cancellationToken), cancellationToken);

    public Task<IReadOnlyList<ModuleUpdate>> UpdatesAsync(CancellationToken cancellationToken) => ReadAsync<IReadOnlyList<ModuleUpdate>>(
        async records => await records.Modules
            .Where(row => row.Problem == null && row.Norm != null && row.BaseModel != null && (row.IsCurrent || row.Quarantine != null))
            .Select(row => new ModuleUpdate(
                row.Id, row.Digest, row.BaseModel!, row.Norm!.Value, row.Quarantine, row.Quarantine == null ? null : row.Sketch))
            .ToListAsync(cancellationToken),
        cancellationToken);

    public Task RemoveAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async records =>
        {
            var wanted = StoredText.Of(id);
            await records.HoldAsync(RecordsContext.ModelName(wanted), cancellationToken);
            return await RemoveAsync(records, records.Modules.Where(row => row.Id == wanted), cancellationToken);
        },
        cancellationToken);

    public Task<IReadOnlyList<string>> RemoveUnusedAsync(string id, string? digest, CancellationToken cancellationToken) => writer.WriteAsync(
        async records =>
        {
            var wanted = StoredText.Of(id);
            await records.HoldCreationsAsync(cancellationToken);
            await records.HoldAsync(RecordsContext.ModelName(wanted), cancellationToken);
            var holders = await records.HoldersAsync(wanted, cancellationToken);
            if (holders.Count == 0)
            {
                var removed = records.Modules.Where(row => row.Id == wanted && (digest == null || row.Digest == digest));
                await RemoveAsync(records, removed, cancellationToken);
                await records.NoteDeletedAsync(wanted, digest, cancellationToken);
            }

            return holders;
        },
        cancellationToken);

    public Task<IReadOnlyList<string>> HoldersAsync(string id, CancellationToken cancellationToken) =>
        ReadAsync(records => records.HoldersAsync(StoredText.Of(id), cancellationToken), cancellationToken);

    public Task<IReadOnlyList<ModuleSketch>> SketchesAsync(string baseModel, ModuleQuery query, CancellationToken cancellationToken) =>
        ReadAsync<IReadOnlyList<ModuleSketch>>(
            async records => await records.Filtered(query with { BaseModel = baseModel }).Where(row => row.Problem == null && row.Sketch != null)
                .OrderBy(row => row.Id).Select(row => new ModuleSketch(row.Id, row.Norm!.Value, row.Sketch!)).ToListAsync(cancellationToken),
            cancellationToken);

    /// <exception cref="Core.StorageUnavailableException">The database is unreachable.</exception>
    protected abstract Task<T> ReadAsync<T>(Func<RecordsContext, Task<T>> read, CancellationToken cancellationToken);

    /// <summary>Adds the words by which a row is found; the words of the id have a higher weight. The row must have no words yet.</summary>
    protected abstract Task AddWordsAsync(
        RecordsContext records, long number, IReadOnlyList<string> ofId, IReadOnlyList<string> ofCard, CancellationToken cancellationToken);

    protected abstract Task RemoveWordsAsync(RecordsContext records, long number, CancellationToken cancellationToken);

    /// <summary>The rows that contain, for each of the words or for one of them, a word that begins with it.</summary>
    /// <param name="words">At least one; each contains only letters, marks and digits.</param>
    protected abstract IQueryable<ModuleMatch> Matches(RecordsContext records, IReadOnlyList<string> words, bool anyWord);

    IQueryable<long> Ordered(RecordsContext records, ModuleQuery query)
    {
        var wanted = records.Filtered(query);
        var words = TextSearch.QueryWords(query.Text);
        if (words.Length == 0)
        {
            return Sorted(wanted, query.Order).Select(row => row.Number);
        }

        var matches = Matches(records, words, query.AnyWord);
        return query.Order == ModuleOrder.Relevance
            ? matches.Join(wanted, match => match.Number, row => row.Number, (match, row) => new { match.Distance, row.Id, row.Number })
                .OrderBy(found => found.Distance).ThenBy(found => found.Id)
                .Select(found => found.Number)
            : Sorted(matches.Join(wanted, match => match.Number, row => row.Number, (match, row) => row), query.Order).Select(row => row.Number);
    }

    static IQueryable<ModuleRow> Sorted(IQueryable<ModuleRow> rows, ModuleOrder order) => order switch
    {
        ModuleOrder.Uses => rows.OrderByDescending(row => row.Uses).ThenBy(row => row.Id),
        ModuleOrder.Downloads => rows.OrderByDescending(row => row.Downloads).ThenBy(row => row.Id),
        ModuleOrder.Newest => rows.OrderByDescending(row => row.PublishedAt).ThenBy(row => row.Id),
        _ => rows.OrderBy(row => row.Id),
    };

    /// <returns>The row's number.</returns>
    async Task<long> PutAsync(RecordsContext records, ModuleVersion version, CancellationToken cancellationToken)
    {
        var (id, digest) = (version.Id, version.Digest ?? "");
        await records.HoldAsync(RecordsContext.ModelName(id), cancellationToken);
        await records.NotePutAsync(id, digest, cancellationToken);
        var broken = records.Modules.Where(row => row.Id == id && row.Digest == "" && digest != ""); // the row of a broken folder is not a version
        await RemoveAsync(records, broken, cancellationToken);
        foreach (
            var number in await records.Modules.Where(row => row.Id == id && row.IsCurrent).Select(row => row.Number).ToListAsync(cancellationToken))
        {
            await RemoveWordsAsync(records, number, cancellationToken);
            await records.Modules.Where(row => row.Number == number).ExecuteUpdateAsync(
                set => set.SetProperty(row => row.IsCurrent, false), cancellationToken);
        }

        var row = await records.Modules.FirstOrDefaultAsync(row => row.Id == id && row.Digest == digest, cancellationToken)
            ?? records.Modules.Add(new ModuleRow { Id = id, Digest = digest, Owner = id.Split('/')[0] }).Entity;
        row.UpdateFrom(version);
        row.IsCurrent = true;
        await records.SaveChangesAsync(cancellationToken);

        await records.ModuleTags.Where(tag => tag.Number == row.Number).ExecuteDeleteAsync(cancellationToken);
        var tags = version.Card.Tags.Select(tag => StoredText.Key(tag)).Distinct(StringComparer.Ordinal);
        records.ModuleTags.AddRange(tags.Select(tag => new ModuleTagRow { Tag = tag, Number = row.Number }));
        await records.SaveChangesAsync(cancellationToken);
        await AddWordsAsync(records, row.Number, TextSearch.NameWords(id), TextWords.Of(row.Card), cancellationToken);
        return row.Number;
    }

    async Task<int> RemoveAsync(RecordsContext records, IQueryable<ModuleRow> rows, CancellationToken cancellationToken)
    {
        var numbers = await rows.Select(row => row.Number).ToListAsync(cancellationToken);
        foreach (var number in numbers)
        {
            await RemoveWordsAsync(records, number, cancellationToken);
        }

        await records.ModuleTags.Where(row => numbers.Contains(row.Number)).ExecuteDeleteAsync(cancellationToken);
        return await records.Modules.Where(row => numbers.Contains(row.Number)).ExecuteDeleteAsync(cancellationToken);
    }
}

/// <param name="Distance">Smaller values are better matches.</param>
sealed record ModuleMatch(long Number, double Distance);
