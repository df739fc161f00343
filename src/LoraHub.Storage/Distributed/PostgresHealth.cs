using LoraHub.Core;
using Npgsql;

namespace LoraHub.Storage.Distributed;

sealed class PostgresHealth(NpgsqlDataSource server) : IEngineHealth
{
    const string Setting = $"({DistributedOptions.Section}:{nameof(DistributedOptions.Postgres)})";

    public async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        try
        {
            // Not through the context, which would retry for longer than a probe waits.
            await using var command = server.CreateCommand("SELECT 1 FROM predictions LIMIT 1");
            await command.ExecuteScalarAsync(cancellationToken);
            return null;
        }
        catch (Exception exception) when (Postgres.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            return (exception.GetBaseException() as PostgresException)?.SqlState switch
            {
                PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification =>
                    $"PostgreSQL refuses the credentials {Setting}.",
                PostgresErrorCodes.InvalidCatalogName => $"The PostgreSQL database does not exist {Setting}.",
                PostgresErrorCodes.UndefinedTable => "The PostgreSQL tables have not been created yet.",
                _ => $"PostgreSQL cannot be reached {Setting}.",
            };
        }
    }
}
