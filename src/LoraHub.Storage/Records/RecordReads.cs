using Microsoft.EntityFrameworkCore;

namespace LoraHub.Storage.Records;

/// <summary>
/// Bounds how many reads run at once. SQLite's reads hold their threads: a thousand at once, as when a thousand streams are opened, would leave none
/// for
/// other requests, such as probes.
/// </summary>
class RecordReads(IDbContextFactory<RecordsContext> contexts, int atOnce) : IDisposable
{
    readonly SemaphoreSlim _turns = new(atOnce);

    public async Task<T> ReadAsync<T>(Func<RecordsContext, Task<T>> read, CancellationToken cancellationToken)
    {
        await _turns.WaitAsync(cancellationToken);
        try
        {
            await Task.Yield(); // lines up behind other requests; else each read would start the next one on its own thread
            return await AskAsync(async () =>
            {
                await using var records = await contexts.CreateDbContextAsync(cancellationToken);
                return await read(records);
            });
        }
        finally
        {
            _turns.Release();
        }
    }

    public void Dispose()
    {
        GC.SuppressFinalize(this);
        _turns.Dispose();
    }

    /// <summary>Runs a query.</summary>
    protected virtual Task<T> AskAsync<T>(Func<Task<T>> query) => query();
}
