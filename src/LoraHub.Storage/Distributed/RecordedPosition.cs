using NATS.Client.KeyValueStore;

namespace LoraHub.Storage.Distributed;

/// <summary>The position up to which the event log is recorded. It may lag behind: recording an event twice has no effect.</summary>
static class RecordedPosition
{
    const string Name = "recorded";

    /// <returns>The sequence number of the last message of the recorded part; 0 when nothing is recorded.</returns>
    public static async Task<ulong> FindAsync(Streams streams, CancellationToken cancellationToken)
    {
        var found = await streams.Values.TryGetEntryAsync<ulong>(Name, cancellationToken: cancellationToken);
        if (found is { Success: false, Error: not NatsKVKeyNotFoundException })
        {
            throw found.Error;
        }

        await streams.Events.RefreshAsync(cancellationToken);
        return found.Success && found.Value.Value <= streams.Events.Info.State.LastSeq ? found.Value.Value : 0; // past the end: from another log
    }

    public static async Task SetAsync(Streams streams, ulong sequence, CancellationToken cancellationToken) =>
        await streams.Values.PutAsync(Name, sequence, cancellationToken: cancellationToken);
}
