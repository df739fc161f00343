namespace LoraHub.Core.Predictions;

/// <summary>Something that happened to a prediction. The record, streams, webhooks and the terminal all fold these; nothing else feeds them.</summary>
public abstract record PredictionEvent
{
    PredictionEvent()
    {
    }

    /// <summary>Whether this event is the last one of its prediction.</summary>
    public bool IsTerminal => this is Succeeded or Failed or Canceled;

    /// <summary>A worker has begun. It may come again after a worker was lost.</summary>
    public sealed record Started : PredictionEvent;

    /// <summary>Text for the person who watches.</summary>
    /// <param name="Text">Whole lines; each ends with a line feed and holds no carriage return.</param>
    public sealed record Logged(string Text) : PredictionEvent;

    /// <summary>A metric got a new value.</summary>
    public sealed record Measured(string Name, double Value) : PredictionEvent;

    /// <summary>The answer, complete.</summary>
    public sealed record Answered(PredictionOutput Output) : PredictionEvent;

    public sealed record Succeeded : PredictionEvent;

    /// <param name="Error">One line for the client: what went wrong and, where known, what would be right.</param>
    public sealed record Failed(string Error) : PredictionEvent;

    public sealed record Canceled : PredictionEvent;
}

/// <summary>An event as it was accepted.</summary>
/// <param name="Sequence">1 for the first event of a prediction, then rising by one.</param>
public sealed record RecordedEvent(long Sequence, DateTimeOffset At, PredictionEvent Event);
