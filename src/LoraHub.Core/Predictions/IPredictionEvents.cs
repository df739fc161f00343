namespace LoraHub.Core.Predictions;

/// <summary>Streams the events of predictions.</summary>
public interface IPredictionEvents
{
    /// <summary>Reads the events after a sequence number, past ones first, then new ones; ends after the terminal event.</summary>
    /// <param name="after">0 for all events.</param>
    /// <remarks>An unknown id gives an empty sequence. A slow reader does not block others.</remarks>
    IAsyncEnumerable<RecordedEvent> ReadAsync(string id, long after, CancellationToken cancellationToken);
}
