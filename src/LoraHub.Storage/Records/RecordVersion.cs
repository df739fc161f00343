using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records;

static class RecordVersion
{
    /// <returns>The last migration of the tables that this version does not have, or null. Then a newer version has written to them.</returns>
    public static async Task<string?> NewerMigrationAsync(this RecordsContext records, CancellationToken cancellationToken) =>
        (await records.Database.GetAppliedMigrationsAsync(cancellationToken))
            .Except(records.Database.GetMigrations(), StringComparer.Ordinal).LastOrDefault();
}
