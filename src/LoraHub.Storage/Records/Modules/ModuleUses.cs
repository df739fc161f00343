using LoraHub.Core.Predictions;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records.Modules;

/// <summary>Records which predictions use which modules. The caller provides the transaction.</summary>
static class ModuleUses
{
    /// <summary>In place of a prediction, in the row of a deleted module.</summary>
    const string Deleted = "";

    const string AllVersions = "";

    const int MostRows = 1000; // PostgreSQL takes 65,535 parameters a statement, SQLite 32,766

    /// <summary>
    /// Records the modules that an unfinished prediction uses. One statement is used, because rows in the change tracker would make a creation a
    /// fifth slower.
    /// </summary>
    public static async Task AddUsesAsync(
        this RecordsContext records, string predictionId, IReadOnlyList<ModuleUse> modules, CancellationToken cancellationToken)
    {
        foreach (var uses in modules.Distinct().Chunk(MostRows)) // a module may occur twice: with and without its digest
        {
            var rows = string.Join(", ", uses.Select((_, row) => $"({{0}}, {{{1 + (2 * row)}}}, {{{2 + (2 * row)}}})"));
            var insert = $"INSERT INTO module_uses (prediction_id, module_id, digest) VALUES {rows}";
            object[] values = [predictionId, .. uses.SelectMany(use => (object[])[use.Id, use.Digest])];
            await records.Database.ExecuteSqlRawAsync(insert, values, cancellationToken);
        }
    }

    /// <summary>Notes that a module was deleted with all of its versions (digest null) or one of them, until <see cref="NotePutAsync"/>.</summary>
    public static async Task NoteDeletedAsync(this RecordsContext records, string id, string? digest, CancellationToken cancellationToken)
    {
        var version = digest ?? AllVersions;
        await records.ModuleUses.Where(use => use.PredictionId == Deleted && use.ModuleId == id && (digest == null || use.Digest == version))
            .ExecuteDeleteAsync(cancellationToken); // noted before
        await records.AddUsesAsync(Deleted, [new ModuleUse(id, version)], cancellationToken);
    }

    public static Task NotePutAsync(this RecordsContext records, string id, string digest, CancellationToken cancellationToken) => records.ModuleUses
        .Where(use => use.PredictionId == Deleted && use.ModuleId == id && (use.Digest == AllVersions || use.Digest == digest))
        .ExecuteDeleteAsync(cancellationToken);

    /// <summary>The ids of those modules and versions that are noted as deleted, ordered.</summary>
    public static async Task<IReadOnlyList<string>> DeletedModulesAsync(
        this RecordsContext records, IReadOnlyCollection<ModuleUse> uses, CancellationToken cancellationToken)
    {
        var ids = uses.Select(use => use.Id).ToArray();
        var noted = ids.Length == 0 ? []
            : await records.ModuleUses.Where(use => use.PredictionId == Deleted && ids.Contains(use.ModuleId))
                .Select(use => new ModuleUse(use.ModuleId, use.Digest)).ToListAsync(cancellationToken);
        return [.. noted.Where(one => one.Digest == AllVersions || uses.Contains(one)).Select(one => one.Id)
            .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal)];
    }

    /// <summary>Increments the use count of every version that a prediction composed. Versions that are not in the index have no count.</summary>
    public static async Task CountUsesAsync(this RecordsContext records, Prediction succeeded, CancellationToken cancellationToken)
    {
        var used = succeeded.Created.Plan is GenerationPlan plan
            ? plan.Modules.Select(module => (Module: module.Id, Digest: (string?)module.Digest)).ToHashSet()
            : succeeded.Output?.Weights
                .Where(weight => weight.Digest is not null)
                .Select(weight => (weight.Module, weight.Digest)).ToHashSet() ?? [];
        if (used.Count == 0)
        {
            return;
        }

        var (ids, digests) = (used.Select(one => one.Module).ToArray(), used.Select(one => one.Digest!).Distinct(StringComparer.Ordinal).ToArray());
        var known = await records.Modules.Where(row => ids.Contains(row.Id) && digests.Contains(row.Digest))
            .Select(row => new { row.Number, row.Id, row.Digest }).ToListAsync(cancellationToken);
        var numbers = known.Where(row => used.Contains((row.Id, row.Digest))).Select(row => row.Number).ToArray();
        var at = succeeded.CompletedAt;
        await records.Modules.Where(row => numbers.Contains(row.Number)).ExecuteUpdateAsync(
            set => set.SetProperty(row => row.Uses, row => row.Uses + 1).SetProperty(row => row.LastUsedAt, at), cancellationToken);
    }

    /// <summary>
    /// The ids of the queued and running predictions that use the module, ordered. A prediction of an earlier version of LoraHub that
    /// <see cref="RecordUpgrade"/> has not converted yet counts as using every module that its inputs and events mention.
    /// </summary>
    public static async Task<IReadOnlyList<string>> HoldersAsync(this RecordsContext records, string id, CancellationToken cancellationToken) =>
        await records.Predictions
            .Where(row => row.CompletedAt == null)
            .Where(row => records.ModuleUses.Any(use => use.ModuleId == id && use.PredictionId == row.Id)
                || (row.Plan == null && !records.ModuleUses.Any(use => use.PredictionId == row.Id)
                    && (row.Input!.Contains(id)
                        || records.Events.Any(one => one.PredictionId == row.Id && one.Part == DataParts.None && one.Data.Contains(id)))))
            .Select(row => row.Id).Order().ToListAsync(cancellationToken);
}
