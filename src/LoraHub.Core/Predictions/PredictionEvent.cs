using System.Text.Json.Serialization;

namespace LoraHub.Core.Predictions;

/// <summary>Something that happened to a prediction. The record, streams, webhooks and the terminal all fold these; nothing else feeds them.</summary>
/// <remarks>The words in the attributes are what the engines store: they never change.</remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Started), "started")]
[JsonDerivedType(typeof(Logged), "logged")]
[JsonDerivedType(typeof(Composing), "composing")]
[JsonDerivedType(typeof(Measured), "measured")]
[JsonDerivedType(typeof(Answered), "answered")]
[JsonDerivedType(typeof(CancelRequested), "cancel_requested")]
[JsonDerivedType(typeof(Succeeded), "succeeded")]
[JsonDerivedType(typeof(Failed), "failed")]
[JsonDerivedType(typeof(Canceled), "canceled")]
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

    /// <summary>Exactly these modules are composed from here on; it comes again when another worker begins anew.</summary>
    public sealed record Composing(IReadOnlyList<ModuleUse> Modules) : PredictionEvent;

    /// <summary>A metric got a new value.</summary>
    public sealed record Measured(string Name, double Value) : PredictionEvent;

    /// <summary>The answer, complete.</summary>
    public sealed record Answered(PredictionOutput Output) : PredictionEvent;

    /// <summary>A client wants it canceled and was told that it will be; from here on it cannot succeed.</summary>
    public sealed record CancelRequested : PredictionEvent;

    public sealed record Succeeded : PredictionEvent;

    /// <param name="Error">One line for the client: what went wrong and, where known, what would be right.</param>
    public sealed record Failed(string Error) : PredictionEvent;

    public sealed record Canceled : PredictionEvent;
}

/// <summary>A version of a module that a prediction composes.</summary>
/// <param name="Id"><c>owner/name</c>.</param>
/// <param name="Digest">See <see cref="Modules.ModuleFiles.Digest"/>.</param>
public sealed record ModuleUse(string Id, string Digest);

/// <summary>An event as it was accepted.</summary>
/// <param name="Sequence">1 for the first event of a prediction, then rising by one.</param>
public sealed record RecordedEvent(long Sequence, DateTimeOffset At, PredictionEvent Event);
