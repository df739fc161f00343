using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Records;
using Microsoft.Data.Sqlite;
using Microsoft.EntityFrameworkCore;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Embedded;

/// <summary>The records' file, <c>lorahub.db</c> in the data folder: opened before other services start, by one process at a time.</summary>
sealed class SqliteFile(
    IOptions<DataOptions> data, IOptions<QueueOptions> queue, IDbContextFactory<SqliteRecords> contexts, SqliteWriter writer, TimeProvider time)
    : IHostedLifecycleService, IDisposable
{
    public const string Name = "lorahub.db";

    const string LockName = "lorahub.lock";

    const string Wal = "-wal", Shm = "-shm";

    const string Remedy = $"Put a backup in its place; or move it away, with {Name}{Wal} and {Name}{Shm}, to start without predictions.";

    FileStream? _lock;

    string Folder => data.Value.Path;

    string FullPath => Path.Combine(Folder, Name);

    /// <exception cref="InvalidOperationException">The file cannot be used; the message gives the reason and the remedy.</exception>
    public async Task StartingAsync(CancellationToken cancellationToken)
    {
        _lock = Lock();
        try
        {
            await CreateIfMissingAsync(cancellationToken);
            await using var records = await contexts.CreateDbContextAsync(cancellationToken);
            await RefuseForeignAsync(records, cancellationToken);
            if ((await records.Database.GetPendingMigrationsAsync(cancellationToken)).Any())
            {
                await records.Database.MigrateAsync(cancellationToken);
            }

            await CheckAsync(records, cancellationToken);
            await writer.WriteAsync(open => open.AddUsesAsync(cancellationToken), durable: true, cancellationToken);
            await writer.WriteAsync(open => RecoverAsync(open, cancellationToken), durable: true, cancellationToken);
        }
        catch (Exception exception) when (exception is SqliteException or StorageUnavailableException or DbUpdateException)
        {
            throw Explain(exception as SqliteException ?? exception.InnerException as SqliteException, exception);
        }
    }

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StopAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StoppedAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Releases the file for the next process.</summary>
    public void Dispose()
    {
        if (_lock is not null)
        {
            writer.Dispose();
            using var connection = new SqliteConnection(ConnectionString(Folder));
            SqliteConnection.ClearPool(connection);
        }

        _lock?.Dispose();
    }

    /// <summary>Whether a service holds the data folder.</summary>
    public static bool IsLocked(string folder)
    {
        try
        {
            using var shared = new FileStream(Path.Combine(folder, LockName), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
            return false;
        }
        catch (Exception exception) when (exception is FileNotFoundException or DirectoryNotFoundException)
        {
            return false;
        }
        catch (IOException)
        {
            return true;
        }
    }

    public static string ConnectionString(string folder) => new SqliteConnectionStringBuilder { DataSource = Path.Combine(folder, Name) }.ToString();

    /// <summary>Makes the file under another name first, so that a file of this name always has its tables, also after a crash here.</summary>
    async Task CreateIfMissingAsync(CancellationToken cancellationToken)
    {
        if (File.Exists(FullPath))
        {
            return;
        }

        if (File.Exists(FullPath + Wal))
        {
            throw new InvalidOperationException($"{FullPath} is missing, but {Name}{Wal} is there. Nothing was changed. {Remedy}");
        }

        var fresh = FullPath + ".new";
        foreach (var left in new[] { fresh, fresh + Wal, fresh + Shm })
        {
            File.Delete(left);
        }

        var options = new DbContextOptionsBuilder<SqliteRecords>().UseSqlite($"Data Source={fresh};Pooling=False");
        await using (var records = new SqliteRecords(options.Options))
        {
            await records.Database.MigrateAsync(cancellationToken);
        }

        File.Move(fresh, FullPath);
    }

    /// <summary>Refuses a file that has lost its content, is of another program, or of a newer version of this one.</summary>
    async Task RefuseForeignAsync(SqliteRecords records, CancellationToken cancellationToken)
    {
        if (!(await records.Database.GetAppliedMigrationsAsync(cancellationToken)).Any())
        {
            var found = new FileInfo(FullPath).Length == 0 ? "is empty (0 bytes)" : "holds no tables of LoraHub";
            throw new InvalidOperationException($"{FullPath} {found}. Nothing was changed. {Remedy}");
        }

        if (await records.NewerMigrationAsync(cancellationToken) is { } newer)
        {
            throw new InvalidOperationException(
                $"{FullPath} was written by a newer version of LoraHub (it has the change {newer}). Nothing was changed. "
                + "Start that version, or put a backup from before its first start in the file's place.");
        }
    }

    /// <summary>Locks the data folder. The operating system releases the lock when the process ends, even after a crash.</summary>
    FileStream Lock()
    {
        try
        {
            var path = Path.Combine(Directory.CreateDirectory(Folder).FullName, LockName);
            return new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException exception)
        {
            throw new InvalidOperationException(
                $"The data folder {Folder} is in use by another lorahub. Stop it, "
                + $"use another folder ({DataOptions.Section}:{nameof(DataOptions.Path)}), "
                + "or connect both to the same NATS and PostgreSQL servers (Distributed:Nats).",
                exception);
        }
    }

    static async Task CheckAsync(SqliteRecords records, CancellationToken cancellationToken)
    {
        var found = await records.Database
            .SqlQueryRaw<string>("SELECT quick_check AS Value FROM pragma_quick_check LIMIT 1").ToListAsync(cancellationToken);
        if (found is not ["ok"])
        {
            throw new SqliteException($"quick_check: {found.FirstOrDefault()}", SQLitePCL.raw.SQLITE_CORRUPT);
        }
    }

    /// <summary>
    /// Clears all leases and claims, and counts the leases: the processes that held them have ended. Ends predictions that were canceled or are out
    /// of attempts, before anything is sent about them.
    /// </summary>
    async Task<int> RecoverAsync(RecordsContext records, CancellationToken cancellationToken)
    {
        var leased = await records.Predictions
            .Where(row => row.CompletedAt == null && row.Lease != null)
            .ExecuteUpdateAsync(
                set => set.SetProperty(row => row.Lease, (string?)null).SetProperty(row => row.Lost, row => row.Lost + 1), cancellationToken);
        var canceled = records.Predictions.Where(row => row.CompletedAt == null && row.CancelRequested);
        foreach (var head in await canceled.Heads().ToListAsync(cancellationToken))
        {
            await records.AppendAsync(head, [new PredictionEvent.Canceled()], time.GetUtcNow(), cancellationToken);
        }

        var exhausted = records.Predictions.Where(row => row.CompletedAt == null && row.Lost >= queue.Value.MaxAttempts);
        foreach (var head in await exhausted.Heads().ToListAsync(cancellationToken))
        {
            var failed = new PredictionEvent.Failed(QueueOptions.AttemptsExhausted(head.Lost));
            await records.AppendAsync(head, [failed], time.GetUtcNow(), cancellationToken);
        }

        await records.Predictions
            .Where(row => row.WebhookOpen)
            .ExecuteUpdateAsync(set => set.SetProperty(row => row.ClaimedUntil, (DateTimeOffset?)null), cancellationToken);
        return leased;
    }

    InvalidOperationException Explain(SqliteException? reason, Exception exception) => new(
        reason?.SqliteErrorCode switch
        {
            SQLitePCL.raw.SQLITE_CORRUPT or SQLitePCL.raw.SQLITE_NOTADB =>
                $"{FullPath} is damaged. Nothing was changed. {Remedy} To recover the remaining data, run `sqlite3 {Name} .recover` on a copy.",
            SQLitePCL.raw.SQLITE_FULL => $"The disk of the data folder {Folder} is full.",
            SQLitePCL.raw.SQLITE_READONLY or SQLitePCL.raw.SQLITE_CANTOPEN =>
                $"{FullPath} must be a file that the service's user can read and write.",
            _ => $"{FullPath} cannot be opened: {exception.Message}",
        },
        exception);
}
