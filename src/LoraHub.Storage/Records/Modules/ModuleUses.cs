using System.Runtime.CompilerServices;
using LoraHub.Core.Predictions;
using LoraHub.Modules.Versions;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records.Modules;

/// <summary>
/// Records which predictions use which modules, and how often modules are used and downloaded. The caller provides the transaction.
/// </summary>
static class ModuleUses
{
    /// <summary>In place of a prediction, in the row of a deleted module.</summary>
    const string Deleted = "";

    const string AllVersions = "";

    /// <summary>Records the modules that an unfinished prediction uses.</summary>
    public static Task AddUsesAsync(
        this RecordsContext records, string predictionId, IReadOnlyList<ModuleUse> modules, CancellationToken cancellationToken) =>
        records.Commands.InsertAsync(
            "INSERT INTO module_uses (prediction_id, module_id, digest)",
            modules.Distinct().Select(use => (object?[])[predictionId, use.Id, use.Digest]), // a module may occur twice: with and without its digest
            cancellationToken);

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
        var ids = uses.Select(use => use.Id).Distinct(StringComparer.Ordinal).ToArray();
        var sql = $"SELECT module_id, digest FROM module_uses WHERE prediction_id = {{0}} AND module_id IN ({RecordCommands.Places(1, ids.Length)})";
        var noted = ids.Length == 0 ? [] : await records.Commands.QueryAsync(
            FormattableStringFactory.Create(sql, [Deleted, .. ids]), row => new ModuleUse(row.GetString(0), row.GetString(1)), cancellationToken);
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
        foreach (var (id, digest) in used.OrderBy(one => one.Module, StringComparer.Ordinal)) // a fixed order prevents deadlocks
        {
            await records.Commands.ExecuteAsync(
                $"UPDATE modules SET uses = uses + 1, last_used_at = {succeeded.CompletedAt} WHERE id = {id} AND digest = {digest}",
                cancellationToken);
        }
    }

    /// <returns>The number of versions that are in the index.</returns>
    public static async Task<int> CountDownloadsAsync(
        this RecordsContext records, IReadOnlyDictionary<ModuleReference, long> downloads, CancellationToken cancellationToken)
    {
        var counted = 0;
        foreach (var ((id, digest), count) in downloads.OrderBy(one => one.Key.Id, StringComparer.Ordinal)
            .ThenBy(one => one.Key.Digest, StringComparer.Ordinal)) // a fixed order prevents deadlocks
        {
            counted += await records.Commands.ExecuteAsync(
                $"UPDATE modules SET downloads = downloads + {count} WHERE id = {id} AND digest = {digest}", cancellationToken);
        }

        return counted;
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
