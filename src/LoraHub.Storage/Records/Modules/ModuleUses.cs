using LoraHub.Core.Modules;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records.Modules;

/// <summary>What predictions have to do with modules. The transaction is the caller's.</summary>
static class ModuleUses
{
    /// <summary>How the JSON of the events begins that tell of modules.</summary>
    const string ComposingStart = "{\"kind\":\"composing\"";

    /// <summary>Counts, for every version that a prediction composed, one use more. Versions that are not registered have no count.</summary>
    public static async Task CountUsesAsync(this RecordsContext records, Prediction succeeded, CancellationToken cancellationToken)
    {
        var used = succeeded.Output?.Weights.Where(weight => weight.Digest is not null).Select(weight => (weight.Module, weight.Digest)).ToHashSet() ?? [];
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

    public static async Task<IReadOnlyList<string>> HoldersAsync(this RecordsContext records, string id, CancellationToken cancellationToken)
    {
        var open = records.Predictions.Where(row => row.CompletedAt == null);
        var events = await records.Events.AsNoTracking()
            .Where(one => open.Any(row => row.Id == one.PredictionId) && one.Data.StartsWith(ComposingStart) && one.Data.Contains(id))
            .ToListAsync(cancellationToken);
        var inputs = await open.Where(row => row.Input!.Contains(id)).Select(row => new { row.Id, row.Input }).ToListAsync(cancellationToken);
        return
        [
            .. events.Where(one => one.ToRecorded().Event is PredictionEvent.Composing(var modules) && modules.Any(module => module.Id == id)).Select(one => one.PredictionId)
                .Concat(inputs.Where(row => Names(row.Input!, id)).Select(row => row.Id))
                .Distinct(StringComparer.Ordinal).Order(StringComparer.Ordinal),
        ];
    }

    static bool Names(string input, string id) =>
        InputParser.Parse(RecordJson.Read<System.Text.Json.Nodes.JsonObject>(input)).Input?.Modules?.Any(name => ModuleReference.Parse(name)?.Id == id) == true;
}
