using LoraHub.Core.Models;
using LoraHub.Storage.Records.Modules;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records.Models;

/// <summary>The entries of models in the table <c>models</c>.</summary>
sealed class RecordModels(RecordReads reads, IRecordWriter writer) : IModelStore
{
    public Task<bool> CreateAsync(ModelEntry entry, CancellationToken cancellationToken) => writer.WriteAsync(
        async records =>
        {
            await HoldAsync(records, entry.Id, cancellationToken);
            if (await records.Models.AnyAsync(known => known.Id == entry.Id, cancellationToken)
                || await records.Modules.AnyAsync(row => row.Id == entry.Id, cancellationToken))
            {
                return false;
            }

            records.Models.Add(Storable(entry));
            await records.SaveChangesAsync(cancellationToken);
            return true;
        },
        cancellationToken);

    public Task<ModelEntry> UpdateAsync(string id, Func<ModelEntry?, ModelEntry> change, CancellationToken cancellationToken) => writer.WriteAsync(
        async records =>
        {
            await HoldAsync(records, id, cancellationToken);
            var current = await records.Models.AsNoTracking().FirstOrDefaultAsync(entry => entry.Id == id, cancellationToken);
            var next = Storable(change(current));
            records.Entry(next).State = current is null ? EntityState.Added : EntityState.Modified;
            await records.SaveChangesAsync(cancellationToken);
            return next;
        },
        cancellationToken);

    public async Task<ModelEntry?> FindAsync(string id, CancellationToken cancellationToken) =>
        (await FindAsync([id], cancellationToken)).GetValueOrDefault(id);

    public Task<IReadOnlyDictionary<string, ModelEntry>> FindAsync(IReadOnlyCollection<string> ids, CancellationToken cancellationToken) =>
        reads.ReadAsync<IReadOnlyDictionary<string, ModelEntry>>(
            async records => await records.Models.AsNoTracking().Where(entry => ids.Contains(entry.Id))
                .ToDictionaryAsync(entry => entry.Id, StringComparer.Ordinal, cancellationToken),
            cancellationToken);

    public Task<IReadOnlyList<ModelEntry>> ListWithoutModuleAsync(int skip, int limit, CancellationToken cancellationToken) =>
        reads.ReadAsync<IReadOnlyList<ModelEntry>>(
            async records => await records.Models.AsNoTracking()
                .Where(entry => !records.Modules.Any(row => row.IsCurrent && row.Id == entry.Id))
                .OrderBy(entry => entry.Id).Skip(skip).Take(limit).ToListAsync(cancellationToken),
            cancellationToken);

    public Task<bool> RemoveAsync(string id, CancellationToken cancellationToken) => writer.WriteAsync(
        async records => await records.Models.Where(entry => entry.Id == id).ExecuteDeleteAsync(cancellationToken) > 0, cancellationToken);

    /// <summary>Publications of versions hold the same name.</summary>
    static Task HoldAsync(RecordsContext records, string id, CancellationToken cancellationToken) =>
        records.HoldAsync(RecordsContext.ModelName(id), cancellationToken);

    static ModelEntry Storable(ModelEntry entry) => entry with
    {
        Description = StoredText.Of(entry.Description),
        Readme = StoredText.Of(entry.Readme),
        Visibility = StoredText.Of(entry.Visibility),
        GithubUrl = StoredText.Of(entry.GithubUrl),
        PaperUrl = StoredText.Of(entry.PaperUrl),
        LicenseUrl = StoredText.Of(entry.LicenseUrl),
        WeightsUrl = StoredText.Of(entry.WeightsUrl),
        CoverImageUrl = StoredText.Of(entry.CoverImageUrl),
        CreatedBy = StoredText.Of(entry.CreatedBy),
    };
}
