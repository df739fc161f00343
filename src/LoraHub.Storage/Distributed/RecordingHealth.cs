using LoraHub.Core;
using NATS.Client.Core;

namespace LoraHub.Storage.Distributed;

/// <summary>Reports that no node records: the event log goes on, but the recorded position has not moved for <see cref="Tolerance"/>.</summary>
sealed class RecordingHealth(Broker broker, TimeProvider time) : IEngineHealth
{
    public static readonly TimeSpan Tolerance = TimeSpan.FromSeconds(15);

    readonly Lock _lock = new();
    (ulong Position, long Since)? _waiting; // the position that was found with unrecorded events after it, and since when

    public async Task<string?> CheckAsync(CancellationToken cancellationToken)
    {
        if (broker.Connection.ConnectionState != NatsConnectionState.Open)
        {
            return null; // NatsHealth reports it
        }

        try
        {
            var streams = await broker.StreamsAsync(cancellationToken);
            var recorded = await RecordedPosition.FindAsync(streams, cancellationToken);
            var next = await streams.Events.FindNextAsync(Subjects.EventsOf(broker.Prefix, "*"), recorded + 1, cancellationToken);
            return Judge(recorded, isBehind: next is not null);
        }
        catch (Exception exception) when (Broker.IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            return null; // likewise
        }
    }

    string? Judge(ulong recorded, bool isBehind)
    {
        lock (_lock)
        {
            if (!isBehind || _waiting?.Position != recorded)
            {
                _waiting = isBehind ? (recorded, time.GetTimestamp()) : null;
                return null;
            }

            var silent = time.GetElapsedTime(_waiting.Value.Since);
            return silent <= Tolerance
                ? null
                : $"Events of predictions have not been recorded for {silent.TotalSeconds:0} seconds; see the log of the API nodes.";
        }
    }
}
