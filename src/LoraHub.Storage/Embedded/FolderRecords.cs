using LoraHub.Core;
using LoraHub.Storage.Records;
using LoraHub.Storage.Records.Modules;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Embedded;

/// <summary>Reads what the records in the data folder say about modules, on the command line, which runs without a storage engine.</summary>
public sealed class FolderRecords(IOptions<DataOptions> data)
{
    /// <returns>Why the module must not be removed now, and the remedy; or null.</returns>
    public async Task<string?> HolderAsync(string id, CancellationToken cancellationToken)
    {
        var folder = data.Value.Path;
        if (SqliteFile.IsLocked(folder))
        {
            return $"a service is running on the data folder {folder}; remove the module with DELETE /v1/modules/{id}, "
                + "which checks that nothing uses it.";
        }

        if (!File.Exists(Path.Combine(folder, SqliteFile.Name)))
        {
            return null;
        }

        var connection = new SqliteConnectionStringBuilder(SqliteFile.ConnectionString(folder)) { Mode = SqliteOpenMode.ReadWrite, Pooling = false };
        await using var records = new SqliteRecords(
            new DbContextOptionsBuilder<SqliteRecords>().UseSqlite(connection.ToString()).Options);
        try
        {
            return await HolderAsync(records, id, cancellationToken);
        }
        catch (SqliteException exception)
        {
            return $"the records in {folder} cannot be read ({exception.Message.TrimEnd('.')}), so what uses the module is unknown.";
        }
    }

    static async Task<string?> HolderAsync(SqliteRecords records, string id, CancellationToken cancellationToken)
    {
        var deployment = await records.Deployments.Where(row => row.Model == id).OrderBy(row => row.Id).Select(row => row.Id)
            .FirstOrDefaultAsync(cancellationToken);
        if (deployment is not null)
        {
            return $"the deployment `{deployment}` is pinned to a version of it; start the service and update or delete the deployment first.";
        }

        var holders = await records.HoldersAsync(id, cancellationToken);
        return holders.Count == 0 ? null
            : $"the queued prediction {holders[0]}{(holders.Count > 1 ? $" and {holders.Count - 1} more use" : " uses")} it; "
                + "start the service and cancel the predictions, or wait for them to finish.";
    }
}
