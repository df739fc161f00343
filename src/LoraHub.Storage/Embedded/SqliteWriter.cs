using LoraHub.Core;
using LoraHub.Storage.Records;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Embedded;

/// <summary>Serializes writes: SQLite has one writer, and waiting here avoids its "database is locked" errors.</summary>
sealed class SqliteWriter(IDbContextFactory<SqliteRecords> contexts) : IRecordWriter, IDisposable
{
    readonly SemaphoreSlim _turn = new(1);

    public Task<T> WriteAsync<T>(Func<RecordsContext, Task<T>> work, CancellationToken cancellationToken) =>
        WriteAsync(work, durable: false, cancellationToken);

    /// <param name="durable">Whether the write must survive a power cut. Every write survives the end of the process.</param>
    /// <exception cref="StorageUnavailableException">Nothing was written.</exception>
    public async Task<T> WriteAsync<T>(Func<RecordsContext, Task<T>> work, bool durable, CancellationToken cancellationToken)
    {
        await _turn.WaitAsync(cancellationToken);
        try
        {
            await using var records = await contexts.CreateDbContextAsync(cancellationToken);
            await records.Database.OpenConnectionAsync(cancellationToken);
            await records.Database.ExecuteSqlRawAsync(durable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL", cancellationToken);
            await using var transaction = await records.Database.BeginTransactionAsync(cancellationToken);
            var result = await work(records);
            await transaction.CommitAsync(cancellationToken);
            return result;
        }
        catch (Exception exception) when (Code(exception) is SQLitePCL.raw.SQLITE_FULL)
        {
            throw new StorageUnavailableException("There is no room left to store predictions.", exception) { IsFull = true };
        }
        catch (Exception exception) when (Code(exception)
            is SQLitePCL.raw.SQLITE_IOERR or SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_CANTOPEN)
        {
            throw new StorageUnavailableException("Predictions cannot be stored now.", exception);
        }
        finally
        {
            _turn.Release();
        }
    }

    public void Dispose() => _turn.Dispose();

    static int? Code(Exception exception) =>
        ((exception as SqliteException) ?? (exception as DbUpdateException)?.InnerException as SqliteException)?.SqliteErrorCode;
}
