namespace LoraHub.Storage.Records;

/// <summary>Writes to the records in a transaction. Commits it when the work returns and rolls it back when the work throws.</summary>
interface IRecordWriter
{
    /// <param name="work">May be retried from the start after a transient database error, so it must not keep state outside the context.</param>
    Task<T> WriteAsync<T>(Func<RecordsContext, Task<T>> work, CancellationToken cancellationToken);
}
