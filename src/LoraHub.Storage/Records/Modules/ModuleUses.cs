using LoraHub.Core.Predictions;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records.Modules;

/// <summary>What predictions have to do with modules. The transaction is the caller's.</summary>
static class ModuleUses
{
    const int MostRows = 1000; // PostgreSQL takes 65,535 parameters a statement, SQLite 32,766

    /// <summary>
    /// Records the modules that an unfinished prediction uses, in one statement: a row each by the change tracker costs a creation a fifth of its
    /// time.
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

    /// <summary>Counts, for every version that a prediction composed, one use more. Versions that are not registered have no count.</summary>
    public static async Task CountUsesAsync(this RecordsContext records, Prediction succeeded, CancellationToken cancellationToken)
    {
        var used = succeeded.Output?.Weights
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
    /// The predictions that have not ended and use the module, ordered. One that an earlier version created, and that <see cref="RecordUpgrade"/> has
    /// not
    /// reached yet, uses what its inputs and events mention.
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
