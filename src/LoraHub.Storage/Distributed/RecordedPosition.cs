using NATS.Client.KeyValueStore;

namespace LoraHub.Storage.Distributed;

/// <summary>How far the event log is in the records. It may lag behind: what is recorded again changes nothing.</summary>
static class RecordedPosition
{
    const string Name = "recorded";

    /// <returns>The sequence number of a message of the log up to which all is recorded; 0 before the first.</returns>
    public static async Task<ulong> FindAsync(Streams streams, CancellationToken cancellationToken)
    {
        var found = await streams.Values.TryGetEntryAsync<ulong>(Name, cancellationToken: cancellationToken);
        if (found is { Success: false, Error: not NatsKVKeyNotFoundException })
        {
            throw found.Error;
        }

        await streams.Events.RefreshAsync(cancellationToken);
        return found.Success && found.Value.Value <= streams.Events.Info.State.LastSeq ? found.Value.Value : 0; // beyond the end: of another log
    }

    public static async Task SetAsync(Streams streams, ulong sequence, CancellationToken cancellationToken) =>
        await streams.Values.PutAsync(Name, sequence, cancellationToken: cancellationToken);
}
