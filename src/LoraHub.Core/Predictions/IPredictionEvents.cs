namespace LoraHub.Core.Predictions;

/// <summary>What happens to predictions, for whoever watches.</summary>
public interface IPredictionEvents
{
    /// <summary>The events after a sequence number, past ones first, then as they come; ends after the terminal one.</summary>
    /// <param name="after">0 for all of them.</param>
    /// <remarks>An unknown id gives an empty sequence. A slow reader holds up nobody.</remarks>
    IAsyncEnumerable<RecordedEvent> ReadAsync(string id, long after, CancellationToken cancellationToken);
}
