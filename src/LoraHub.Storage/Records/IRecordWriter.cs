namespace LoraHub.Storage.Records;

/// <summary>Writes to the records, in a transaction that is committed when the work returns and undone when it throws.</summary>
interface IRecordWriter
{
    /// <param name="work">May run again, from the start, when the database was in the way; it keeps nothing outside the context.</param>
    Task<T> WriteAsync<T>(Func<RecordsContext, Task<T>> work, CancellationToken cancellationToken);
}
