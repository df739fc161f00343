using LoraHub.Core.Modules;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records.Modules;

/// <summary>The modules in the records.</summary>
sealed class RecordModules(IModuleDatabase database, ModuleListing listing, IRecordWriter writer) : IModuleRegistry
{
    public Task<IReadOnlyList<RegisteredModule>> ListAsync(ModuleQuery query, CancellationToken cancellationToken) =>
        database.ReadAsync(records => listing.ListAsync(records, query, cancellationToken), cancellationToken);

    public Task<int> CountAsync(CancellationToken cancellationToken) =>
        database.ReadAsync(records => records.Modules.CountAsync(row => row.IsCurrent, cancellationToken), cancellationToken);

    public Task<RegisteredModule?> FindAsync(ModuleReference reference, CancellationToken cancellationToken)
    {
        var id = StoredText.Of(reference.Id);
        return database.ReadAsync(
            async records =>
            {
                var versions = await records.Modules.Where(row => row.Id == id && (reference.Digest != null || row.IsCurrent))
                    .Select(row => new { row.Number, row.Digest }).ToListAsync(cancellationToken);
                return versions.FindAll(version => reference.Means(version.Digest)) is [var only] // of several nobody knows which is meant
                    ? (await records.Modules.AsNoTracking().FirstOrDefaultAsync(row => row.Number == only.Number, cancellationToken))?.ToRegistered()
                    : null;
            },
            cancellationToken);
    }

    public Task<IReadOnlyList<RegisteredModule>> VersionsAsync(string id, CancellationToken cancellationToken)
    {
        var wanted = StoredText.Of(id);
        return database.ReadAsync<IReadOnlyList<RegisteredModule>>(
            async records =>
            {
                var rows = await records.Modules.AsNoTracking().Where(row => row.Id == wanted)
                    .OrderByDescending(row => row.IsCurrent).ThenByDescending(row => row.PublishedAt).ThenByDescending(row => row.Number).ToListAsync(cancellationToken);
                return [.. rows.Select(row => row.ToRegistered())];
            },
            cancellationToken);
    }

    public Task<IReadOnlyDictionary<string, string>> StampsAsync(CancellationToken cancellationToken) =>
        database.ReadAsync<IReadOnlyDictionary<string, string>>(
            async records => await records.Modules.Where(row => row.IsCurrent).Select(row => new { row.Id, row.Stamp })
                .ToDictionaryAsync(row => row.Id, row => row.Stamp, StringComparer.Ordinal, cancellationToken),
            cancellationToken);

    public Task PutAsync(RegisteredModule registered, CancellationToken cancellationToken) =>
        writer.WriteAsync(records => PutAsync(records, registered, cancellationToken), cancellationToken);

    public Task RemoveAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async records =>
        {
            var wanted = StoredText.Of(id);
            await database.HoldAsync(records, wanted, cancellationToken);
            return await RemoveAsync(records, records.Modules.Where(row => row.Id == wanted), cancellationToken);
        },
        cancellationToken);

    public Task<IReadOnlyList<string>> HoldersAsync(string id, CancellationToken cancellationToken) =>
        database.ReadAsync(records => records.HoldersAsync(StoredText.Of(id), cancellationToken), cancellationToken);

    public Task<IReadOnlyList<ModuleSketch>> SketchesAsync(string baseModel, CancellationToken cancellationToken)
    {
        var wanted = StoredText.Key(baseModel);
        return database.ReadAsync<IReadOnlyList<ModuleSketch>>(
            async records => await records.Modules.Where(row => row.IsCurrent && row.BaseModel == wanted && row.Problem == null && row.Sketch != null)
                .OrderBy(row => row.Id).Select(row => new ModuleSketch(row.Id, row.Norm!.Value, row.Sketch!)).ToListAsync(cancellationToken),
            cancellationToken);
    }

    /// <returns>The row's number.</returns>
    async Task<long> PutAsync(RecordsContext records, RegisteredModule registered, CancellationToken cancellationToken)
    {
        var id = registered.Id;
        await database.HoldAsync(records, id, cancellationToken);
        await RemoveAsync(records, records.Modules.Where(row => row.Id == id && row.Digest == "" && registered.Digest != ""), cancellationToken); // no broken folder is a version
        foreach (var number in await records.Modules.Where(row => row.Id == id && row.IsCurrent).Select(row => row.Number).ToListAsync(cancellationToken))
        {
            await database.RemoveWordsAsync(records, number, cancellationToken);
            await records.Modules.Where(row => row.Number == number).ExecuteUpdateAsync(set => set.SetProperty(row => row.IsCurrent, false), cancellationToken);
        }

        var version = await records.Modules.FirstOrDefaultAsync(row => row.Id == id && row.Digest == registered.Digest, cancellationToken)
            ?? records.Modules.Add(new ModuleRow { Id = id, Digest = registered.Digest, Owner = id.Split('/')[0] }).Entity;
        version.Learn(registered);
        version.IsCurrent = true;
        await records.SaveChangesAsync(cancellationToken);

        await records.ModuleTags.Where(row => row.Number == version.Number).ExecuteDeleteAsync(cancellationToken);
        var tags = registered.Card.Tags.Select(tag => StoredText.Key(tag)).Distinct(StringComparer.Ordinal);
        records.ModuleTags.AddRange(tags.Select(tag => new ModuleTagRow { Tag = tag, Number = version.Number }));
        await records.SaveChangesAsync(cancellationToken);
        await database.AddWordsAsync(records, version.Number, SearchWords.OfId(id), SearchWords.Of(version.Card), cancellationToken);
        return version.Number;
    }

    async Task<int> RemoveAsync(RecordsContext records, IQueryable<ModuleRow> rows, CancellationToken cancellationToken)
    {
        var numbers = await rows.Select(row => row.Number).ToListAsync(cancellationToken);
        foreach (var number in numbers)
        {
            await database.RemoveWordsAsync(records, number, cancellationToken);
        }

        await records.ModuleTags.Where(row => numbers.Contains(row.Number)).ExecuteDeleteAsync(cancellationToken);
        return await records.Modules.Where(row => numbers.Contains(row.Number)).ExecuteDeleteAsync(cancellationToken);
    }
}
