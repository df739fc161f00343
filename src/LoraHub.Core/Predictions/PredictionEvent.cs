using System.Text.Json.Serialization;

namespace LoraHub.Core.Predictions;

/// <summary>An event of a prediction. Events are the only source of the record, streams, webhooks and terminal output.</summary>
/// <remarks>
/// The engines store the discriminators in the attributes: they must never change. A new kind must be one that older versions may pass over
/// (<see cref="Unknown"/>): neither a new end nor a new state. See ADR 13.
/// </remarks>
[JsonPolymorphic(TypeDiscriminatorPropertyName = "kind")]
[JsonDerivedType(typeof(Started), "started")]
[JsonDerivedType(typeof(Logged), "logged")]
[JsonDerivedType(typeof(Composing), "composing")]
[JsonDerivedType(typeof(Measured), "measured")]
[JsonDerivedType(typeof(Progressed), "progressed")]
[JsonDerivedType(typeof(Generated), "generated")]
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

    /// <summary>A worker has started. The event recurs when another worker takes over.</summary>
    public sealed record Started : PredictionEvent;

    /// <summary>Log output for the user.</summary>
    /// <param name="Text">Whole lines; each ends with a line feed and contains no carriage return.</param>
    public sealed record Logged(string Text) : PredictionEvent;

    /// <summary>The worker composes these modules. Recorded by earlier versions only; the plan now lists the modules.</summary>
    public sealed record Composing(IReadOnlyList<ModuleUse> Modules) : PredictionEvent;

    /// <summary>A metric got a new value.</summary>
    public sealed record Measured(string Name, double Value) : PredictionEvent;

    /// <summary>A search or a training went on. Pages draw it; clients read the same in the log.</summary>
    public sealed record Progressed(RunProgress Progress) : PredictionEvent;

    /// <summary>A piece of the answer to a prompt. The pieces of a prediction are its output.</summary>
    /// <param name="Start">
    /// The number of characters before it. After an attempt was lost, the next one begins again at 0 and replaces what its pieces overlap.
    /// </param>
    /// <param name="Text">Not empty; whole characters.</param>
    public sealed record Generated(int Start, string Text) : PredictionEvent;

    /// <summary>The complete output.</summary>
    public sealed record Answered(PredictionOutput Output) : PredictionEvent;

    /// <summary>A client's cancellation was accepted; from here on the prediction cannot succeed.</summary>
    public sealed record CancelRequested : PredictionEvent;

    public sealed record Succeeded : PredictionEvent;

    /// <param name="Error">One line for the client: what went wrong and, where known, how to fix it.</param>
    public sealed record Failed(string Error) : PredictionEvent;

    public sealed record Canceled : PredictionEvent;

    /// <summary>An event that a newer version recorded. It is kept for newer readers; this version does not show it.</summary>
    /// <param name="Json">The event as it was stored, the discriminator included.</param>
    public sealed record Unknown(string Kind, string Json) : PredictionEvent;
}

/// <summary>A version of a module that a prediction uses.</summary>
/// <param name="Id"><c>owner/name</c>.</param>
/// <param name="Digest">See <c>ModuleFiles.Digest</c>.</param>
public sealed record ModuleUse(string Id, string Digest);

/// <summary>An accepted event.</summary>
/// <param name="Sequence">1 for a prediction's first event, then increasing by one.</param>
public sealed record RecordedEvent(long Sequence, DateTimeOffset At, PredictionEvent Event);
