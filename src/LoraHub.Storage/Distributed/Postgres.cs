using System.Data.Common;
using LoraHub.Core;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LoraHub.Storage.Distributed;

/// <summary>Migrates the tables once the database is available, and writes to them.</summary>
sealed partial class Postgres(IDbContextFactory<PostgresRecords> contexts, ILogger<Postgres> logger) : BackgroundService, IRecordWriter
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1), SilentTransaction = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The connection string with a limit on silence within a transaction: a frozen node must not hold its row locks until its host is back.
    /// </summary>
    public static string ConnectionString(DistributedOptions options)
    {
        var settings = new NpgsqlConnectionStringBuilder(options.Postgres);
        settings.Options = $"-c idle_in_transaction_session_timeout={SilentTransaction.TotalMilliseconds:0} {settings.Options}".TrimEnd();
        return settings.ConnectionString;
    }

    /// <summary>Whether a request failed but may succeed when retried.</summary>
    public static bool IsTransient(Exception exception) =>
        exception is DbException or TimeoutException or RetryLimitExceededException
        || (exception is DbUpdateException or InvalidOperationException && exception.InnerException is DbException);

    /// <summary>Runs a query.</summary>
    /// <exception cref="StorageUnavailableException">The database is unreachable or refuses the query.</exception>
    public static async Task<T> AskAsync<T>(Func<Task<T>> query)
    {
        try
        {
            return await query();
        }
        catch (Exception exception) when (IsTransient(exception))
        {
            throw new StorageUnavailableException("The storage is unavailable; try again.", exception);
        }
    }

    /// <exception cref="StorageUnavailableException">Nothing was written.</exception>
    public async Task<T> WriteAsync<T>(Func<RecordsContext, Task<T>> work, CancellationToken cancellationToken)
    {
        try
        {
            await using var first = await contexts.CreateDbContextAsync(cancellationToken);
            return await first.Database.CreateExecutionStrategy().ExecuteAsync(token => TryAsync(work, token), cancellationToken);
        }
        catch (Exception exception) when (IsTransient(exception))
        {
            throw new StorageUnavailableException("Predictions cannot be stored now.", exception);
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            try
            {
                await using var records = await contexts.CreateDbContextAsync(stoppingToken);
                await records.Database.MigrateAsync(stoppingToken);
                await records.Database.CreateExecutionStrategy().ExecuteAsync(
                    token => TryAsync(open => open.AddUsesAsync(token), token), stoppingToken);
                LogReady();
                return;
            }
            catch (Exception exception) when (IsTransient(exception))
            {
                LogRetry(exception.GetType());
                await Task.Delay(Pause, TimeProvider.System, stoppingToken);
            }
        }
    }

    async Task<T> TryAsync<T>(Func<RecordsContext, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var records = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await records.Database.BeginTransactionAsync(cancellationToken);
        var result = await work(records);
        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    [LoggerMessage(LogLevel.Information, "The PostgreSQL tables are up to date.")]
    partial void LogReady();

    [LoggerMessage(LogLevel.Warning, "PostgreSQL is unavailable ({ExceptionType}); retrying every second.")]
    partial void LogRetry(Type exceptionType);
}
