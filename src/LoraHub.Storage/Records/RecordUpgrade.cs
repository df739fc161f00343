using System.Text.Json.Nodes;
using LoraHub.Core.Predictions;
using LoraHub.Core.Predictions.Inputs;
using LoraHub.Modules.Versions;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records;

/// <summary>Upgrades data that a migration cannot upgrade, at each start. Idempotent.</summary>
static class RecordUpgrade
{
    /// <summary>
    /// Adds the module uses of unfinished predictions that an earlier version created without a plan: the modules in their inputs and those that
    /// a worker composes.
    /// </summary>
    /// <returns>The number of such predictions.</returns>
    public static async Task<int> AddUsesAsync(this RecordsContext records, CancellationToken cancellationToken)
    {
        var open = records.Predictions.Where(row => row.CompletedAt == null && row.Plan == null);
        var inputs = await open.Select(row => new { row.Id, row.Input }).ToListAsync(cancellationToken);
        var events = await records.Events.AsNoTracking()
            .Where(one => one.Part == DataParts.None && open.Any(row => row.Id == one.PredictionId)).ToListAsync(cancellationToken);
        var uses = inputs.SelectMany(row => NamedIn(row.Input), (row, use) => (row.Id, use))
            .Concat(events.SelectMany(ComposedIn, (row, use) => (row.PredictionId, use)));
        foreach (var (id, use) in uses)
        {
            await records.Database.ExecuteSqlAsync(
                $"INSERT INTO module_uses (prediction_id, module_id, digest) VALUES ({id}, {use.Id}, {use.Digest}) ON CONFLICT DO NOTHING",
                cancellationToken);
        }

        return inputs.Count;
    }

    static IEnumerable<ModuleUse> NamedIn(string? input) =>
        (input is null ? null : InputParser.Parse(RecordJson.Read<JsonObject>(input)).Input?.Modules)?
            .Select(ModuleReference.Parse).OfType<ModuleReference>().Select(named => new ModuleUse(named.Id, named.Digest ?? "")) ?? [];

    static IReadOnlyList<ModuleUse> ComposedIn(EventRow row) => row.ToRecorded().Event is PredictionEvent.Composing(var modules) ? modules : [];
}
