using LoraHub.Core;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;
using NATS.Client.Core;
using Npgsql;

namespace LoraHub.Storage.Distributed;

/// <summary>Asks both servers, or NATS alone where there are no records.</summary>
sealed class DistributedHealth(Broker broker, IDbContextFactory<PostgresRecords>? contexts = null) : IEngineHealth
{
    static readonly TimeSpan Within = TimeSpan.FromSeconds(2);

    public async Task<string?> TroubleAsync(CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Within);
        var trouble = await NatsTroubleAsync(limit.Token) ?? await PostgresTroubleAsync(limit.Token);
        cancellationToken.ThrowIfCancellationRequested();
        return trouble;
    }

    async Task<string?> NatsTroubleAsync(CancellationToken cancellationToken)
    {
        if (broker.Connection.ConnectionState != NatsConnectionState.Open)
        {
            return $"NATS cannot be reached, or refuses the user ({DistributedOptions.Section}:{nameof(DistributedOptions.Nats)}).";
        }

        try
        {
            await broker.StreamsAsync(cancellationToken);
            await broker.Connection.PingAsync(cancellationToken);
            return null;
        }
        catch (Exception exception) when (Broker.IsTrouble(exception))
        {
            return "NATS does not do what it is asked: JetStream must be on, have room, and be allowed to this user.";
        }
    }

    async Task<string?> PostgresTroubleAsync(CancellationToken cancellationToken)
    {
        if (contexts is null)
        {
            return null;
        }

        try
        {
            await using var records = await contexts.CreateDbContextAsync(cancellationToken);
            await records.Predictions.AnyAsync(cancellationToken);
            return null;
        }
        catch (Exception exception) when (Postgres.IsTrouble(exception) || exception is OperationCanceledException)
        {
            const string Setting = $"({DistributedOptions.Section}:{nameof(DistributedOptions.Postgres)})";
            return (exception.GetBaseException() as PostgresException)?.SqlState switch
            {
                PostgresErrorCodes.InvalidPassword or PostgresErrorCodes.InvalidAuthorizationSpecification => $"PostgreSQL refuses the user or the password {Setting}.",
                PostgresErrorCodes.InvalidCatalogName => $"The PostgreSQL database does not exist {Setting}.",
                PostgresErrorCodes.UndefinedTable => "The tables in PostgreSQL are not there yet.",
                _ => $"PostgreSQL cannot be reached {Setting}.",
            };
        }
    }
}
