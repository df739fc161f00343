using LoraHub.Core;
using LoraHub.Storage.Records;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Embedded;

/// <summary>
/// Runs one transaction at a time: SQLite has one writer, and waiting here avoids its "database is locked" errors. Writes that arrive during a
/// transaction share the next one, and with it the time of the disk. Keeps a connection open, and with it the prepared statements.
/// </summary>
sealed class SqliteWriter(IDbContextFactory<SqliteRecords> contexts) : IRecordWriter, IDisposable
{
    const int MostTogether = 64;

    readonly SemaphoreSlim _turn = new(1);
    SqliteRecords? _records;
    bool? _isDurable; // as the connection is set

    readonly Lock _gate = new();
    readonly Queue<Write> _waiting = [];
    bool _isWriting;

    public Task<T> WriteAsync<T>(Func<RecordsContext, Task<T>> work, CancellationToken cancellationToken) =>
        WriteAsync(work, durable: false, cancellationToken);

    /// <param name="work">Either all of it is written or, after an exception, nothing.</param>
    /// <param name="durable">Whether the write must survive a power cut. Every write survives the end of the process.</param>
    /// <exception cref="StorageUnavailableException">Nothing was written.</exception>
    public Task<T> WriteAsync<T>(Func<RecordsContext, Task<T>> work, bool durable, CancellationToken cancellationToken)
    {
        var write = new Write<T>(work, durable, cancellationToken);
        lock (_gate)
        {
            _waiting.Enqueue(write);
            if (_isWriting)
            {
                return write.Written;
            }

            _isWriting = true;
        }

        using (ExecutionContext.SuppressFlow()) // it may go on with the writes of other requests
        {
            _ = Task.Run(WriteAllAsync, CancellationToken.None);
        }

        return write.Written;
    }

    /// <summary>Closes the connection, once no transaction uses it. A later write opens another one.</summary>
    public void Dispose()
    {
        _turn.Wait();
        Close();
        _turn.Release();
    }

    async Task WriteAllAsync()
    {
        while (TakeNext() is { Count: > 0 } together)
        {
            await _turn.WaitAsync();
            try
            {
                (await WriteAsync(await OpenAsync(), together)).ForEach(write => write.Complete());
            }
            catch (Exception exception)
            {
                Close();
                together.ForEach(write => write.Fail(Explained(exception)));
            }
            finally
            {
                _turn.Release();
            }
        }
    }

    async Task<SqliteRecords> OpenAsync()
    {
        if (_records is null)
        {
            _records = await contexts.CreateDbContextAsync();
            await _records.Database.OpenConnectionAsync();
            _records.Database.AutoSavepointsEnabled = false;
        }

        return _records;
    }

    void Close()
    {
        _records?.Dispose();
        (_records, _isDurable) = (null, null);
    }

    List<Write> TakeNext()
    {
        var together = new List<Write>();
        lock (_gate)
        {
            while (together.Count < MostTogether && _waiting.TryDequeue(out var next))
            {
                together.Add(next);
            }

            _isWriting = together.Count > 0;
        }

        return together;
    }

    /// <returns>Those that are committed. The others have failed.</returns>
    async Task<List<Write>> WriteAsync(SqliteRecords records, IReadOnlyList<Write> together)
    {
        var isDurable = together.Any(write => write.IsDurable);
        if (isDurable != _isDurable)
        {
            await records.Database.ExecuteSqlRawAsync(isDurable ? "PRAGMA synchronous=FULL" : "PRAGMA synchronous=NORMAL");
            _isDurable = isDurable;
        }

        await using var transaction = await records.Database.BeginTransactionAsync();
        var written = new List<Write>();
        foreach (var write in together)
        {
            if (await WriteAsync(write, records))
            {
                written.Add(write);
            }
        }

        await transaction.CommitAsync();
        return written;
    }

    /// <returns>Whether there is something to commit.</returns>
    static async Task<bool> WriteAsync(Write write, SqliteRecords records)
    {
        await records.Commands.ExecuteAsync($"SAVEPOINT before", CancellationToken.None);
        try
        {
            await write.RunAsync(records);
            await records.Commands.ExecuteAsync($"RELEASE before", CancellationToken.None);
            return true;
        }
        catch (Exception exception) when (Explained(exception) == exception) // else the disk is at fault, and no write of this transaction is made
        {
            await records.Commands.ExecuteAsync($"ROLLBACK TO before", CancellationToken.None);
            write.Fail(exception);
            return false;
        }
        finally
        {
            records.ChangeTracker.Clear();
        }
    }

    /// <returns>The exception itself unless it is the storage's.</returns>
    static Exception Explained(Exception exception) => Code(exception) switch
    {
        SQLitePCL.raw.SQLITE_FULL =>
            new StorageUnavailableException("There is no room left to store predictions.", exception) { IsFull = true },
        SQLitePCL.raw.SQLITE_IOERR or SQLitePCL.raw.SQLITE_BUSY or SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_CANTOPEN =>
            new StorageUnavailableException("Predictions cannot be stored now.", exception),
        _ => exception,
    };

    static int? Code(Exception exception) =>
        ((exception as SqliteException) ?? (exception as DbUpdateException)?.InnerException as SqliteException)?.SqliteErrorCode;

    abstract class Write(bool durable)
    {
        public bool IsDurable => durable;

        public abstract Task RunAsync(RecordsContext records);

        public abstract void Complete();

        public abstract void Fail(Exception exception);
    }

    sealed class Write<T>(Func<RecordsContext, Task<T>> work, bool durable, CancellationToken cancellationToken) : Write(durable)
    {
        readonly TaskCompletionSource<T> _written = new(TaskCreationOptions.RunContinuationsAsynchronously);
        T? _result;

        public Task<T> Written => _written.Task;

        public override async Task RunAsync(RecordsContext records)
        {
            cancellationToken.ThrowIfCancellationRequested();
            _result = await work(records);
        }

        public override void Complete() => _written.SetResult(_result!);

        public override void Fail(Exception exception)
        {
            if (exception is OperationCanceledException canceled)
            {
                _written.TrySetCanceled(canceled.CancellationToken);
            }
            else
            {
                _written.TrySetException(exception);
            }
        }
    }
}
