using System.Text.Json;
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
        (TryRead<JsonObject>(input) is { } read ? InputParser.Parse(read).Input?.Modules : null)?
            .Select(ModuleReference.Parse).OfType<ModuleReference>().Select(named => new ModuleUse(named.Id, named.Digest ?? "")) ?? [];

    static IReadOnlyList<ModuleUse> ComposedIn(EventRow row) =>
        TryRead<PredictionEvent>(row.Data) is PredictionEvent.Composing(var modules) ? modules : [];

    /// <returns>Null when there is nothing, or what cannot be read: one damaged row must not stop the start.</returns>
    static T? TryRead<T>(string? json)
        where T : class
    {
        try
        {
            return json is null ? null : RecordJson.Read<T>(json);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
