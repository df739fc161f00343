using System.Data.Common;
using LoraHub.Core;
using LoraHub.Storage.Records;
using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Infrastructure;
using Microsoft.EntityFrameworkCore.Migrations;
using Microsoft.EntityFrameworkCore.Storage;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using Npgsql;

namespace LoraHub.Storage.Distributed;

/// <summary>Migrates the tables once the database is available, and writes to them.</summary>
/// <param name="lifetime">Stopped when the tables turn out to be of a newer version after the start; null in tests.</param>
sealed partial class Postgres(
    IDbContextFactory<PostgresRecords> contexts, ILogger<Postgres> logger, IHostApplicationLifetime? lifetime = null)
    : BackgroundService, IRecordWriter
{
    const string Unavailable = "The storage is unavailable; try again.";

    /// <summary>How long the start waits for the first try, and a caller for the tables.</summary>
    static readonly TimeSpan TriedWithin = TimeSpan.FromSeconds(20), TablesWithin = TimeSpan.FromSeconds(5);

    static readonly TimeSpan Pause = TimeSpan.FromSeconds(1), SilentTransaction = TimeSpan.FromSeconds(10);

    readonly TaskCompletionSource _migrated = NewSignal(), _tried = NewSignal();

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
            throw new StorageUnavailableException(Unavailable, exception);
        }
    }

    /// <exception cref="StorageUnavailableException">Nothing was written.</exception>
    public async Task<T> WriteAsync<T>(Func<RecordsContext, Task<T>> work, CancellationToken cancellationToken)
    {
        await WaitForTablesAsync(cancellationToken);
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

    /// <summary>Waits until the tables are there, so that nobody asks for tables that are still to be made.</summary>
    /// <exception cref="StorageUnavailableException">They are not there in time.</exception>
    public async Task WaitForTablesAsync(CancellationToken cancellationToken)
    {
        try
        {
            await _migrated.Task.WaitAsync(TablesWithin, TimeProvider.System, cancellationToken);
        }
        catch (TimeoutException exception)
        {
            throw new StorageUnavailableException(Unavailable, exception);
        }
    }

    /// <summary>Waits for the first try, so that a start on tables of a newer version fails. An absent database delays the start only.</summary>
    /// <exception cref="InvalidOperationException">The tables are of a newer version.</exception>
    public override async Task StartAsync(CancellationToken cancellationToken)
    {
        await base.StartAsync(cancellationToken);
        await Task.WhenAny(_tried.Task, Task.Delay(TriedWithin, TimeProvider.System, cancellationToken));
        _tried.TrySetResult();
        if (_migrated.Task.IsFaulted)
        {
            await _migrated.Task;
        }
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (!_migrated.Task.IsCompleted)
        {
            try
            {
                await MigrateAsync(stoppingToken);
            }
            catch (Exception exception) when (IsTransient(exception))
            {
                LogRetry(exception.GetType());
                _tried.TrySetResult();
                await Task.Delay(Pause, TimeProvider.System, stoppingToken);
            }
        }

        if (_migrated.Task.Exception?.InnerException is { } refusal && _tried.Task.IsCompleted)
        {
            LogRefused(refusal.Message);
            lifetime?.StopApplication();
        }

        _tried.TrySetResult();
    }

    async Task MigrateAsync(CancellationToken cancellationToken)
    {
        await using var records = await contexts.CreateDbContextAsync(cancellationToken);
        await records.GetService<IHistoryRepository>().CreateIfNotExistsAsync(cancellationToken); // else its absence is logged as an error
        if (await records.NewerMigrationAsync(cancellationToken) is { } newer)
        {
            _migrated.SetException(new InvalidOperationException(
                $"The PostgreSQL database was written by a newer version of LoraHub (it has the change {newer}). Nothing was changed. "
                + "Start that version, or restore a backup from before its first start."));
            return;
        }

        await records.Database.MigrateAsync(cancellationToken);
        await records.Database.CreateExecutionStrategy().ExecuteAsync(token => TryAsync(open => open.AddUsesAsync(token), token), cancellationToken);
        LogReady();
        _migrated.SetResult();
    }

    async Task<T> TryAsync<T>(Func<RecordsContext, Task<T>> work, CancellationToken cancellationToken)
    {
        await using var records = await contexts.CreateDbContextAsync(cancellationToken);
        await using var transaction = await records.Database.BeginTransactionAsync(cancellationToken);
        var result = await work(records);
        await transaction.CommitAsync(cancellationToken);
        return result;
    }

    static TaskCompletionSource NewSignal() => new(TaskCreationOptions.RunContinuationsAsynchronously);

    [LoggerMessage(LogLevel.Critical, "The service stops: {Reason}")]
    partial void LogRefused(string reason);

    [LoggerMessage(LogLevel.Information, "The PostgreSQL tables are up to date.")]
    partial void LogReady();

    [LoggerMessage(LogLevel.Warning, "PostgreSQL is unavailable ({ExceptionType}); retrying every second.")]
    partial void LogRetry(Type exceptionType);
}
