using System.Data.Common;
using LoraHub.Core;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace LoraHub.Storage.Distributed;

/// <summary>Brings the tables into their newest form when the database comes, and writes to them.</summary>
sealed partial class Postgres(IDbContextFactory<PostgresRecords> contexts, ILogger<Postgres> logger) : BackgroundService, IRecordWriter
{
    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Whether the database did not do what it was asked, and may do it later.</summary>
    public static bool IsTrouble(Exception exception) =>
        exception is DbException or TimeoutException or RetryLimitExceededException || (exception is DbUpdateException or InvalidOperationException && exception.InnerException is DbException);

    /// <summary>Reads.</summary>
    /// <exception cref="StorageUnavailableException">The database is away or refuses.</exception>
    public static async Task<T> AskAsync<T>(Func<Task<T>> ask)
    {
        try
        {
            return await ask();
        }
        catch (Exception exception) when (IsTrouble(exception))
        {
            throw new StorageUnavailableException("What is stored cannot be reached now.", exception);
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
        catch (Exception exception) when (IsTrouble(exception))
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
                LogReady();
                return;
            }
            catch (Exception exception) when (IsTrouble(exception))
            {
                LogTrouble(exception.GetType());
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

    [LoggerMessage(LogLevel.Information, "The tables in PostgreSQL are there.")]
    partial void LogReady();

    [LoggerMessage(LogLevel.Warning, "PostgreSQL cannot be used now; it is tried again every second: {ExceptionType}")]
    partial void LogTrouble(Type exceptionType);
}
