namespace LoraHub.Core.Predictions;

/// <summary>
/// The part of a prediction that determines which events it still accepts. A terminal state never changes.
/// </summary>
/// <param name="CancelRequested">Whether a client requested cancellation; the worker cancels as soon as it receives the request.</param>
public readonly record struct PredictionState(PredictionStatus Status, bool CancelRequested)
{
    public bool IsTerminal => Status is PredictionStatus.Succeeded or PredictionStatus.Failed or PredictionStatus.Canceled;

    /// <summary>Whether the state accepts the event.</summary>
    public bool Accepts(PredictionEvent happened) => happened switch
    {
        PredictionEvent.Succeeded => Status == PredictionStatus.Processing && !CancelRequested,
        PredictionEvent.CancelRequested => !IsTerminal && !CancelRequested,
        _ => !IsTerminal,
    };

    /// <summary>Whether the state accepts the events in sequence.</summary>
    public bool Accepts(IEnumerable<PredictionEvent> happened)
    {
        var state = this;
        foreach (var one in happened)
        {
            if (!state.Accepts(one))
            {
                return false;
            }

            state = state.Apply(one);
        }

        return true;
    }

    /// <summary>The state after the event.</summary>
    /// <exception cref="InvalidOperationException">The state does not accept the event (see <see cref="Accepts(PredictionEvent)"/>).</exception>
    public PredictionState Apply(PredictionEvent happened)
    {
        if (!Accepts(happened))
        {
            throw new InvalidOperationException($"A prediction in state {Status} does not accept the event {happened.GetType().Name}.");
        }

        return happened switch
        {
            PredictionEvent.Started => this with { Status = PredictionStatus.Processing },
            PredictionEvent.CancelRequested => this with { CancelRequested = true },
            PredictionEvent.Succeeded => this with { Status = PredictionStatus.Succeeded },
            PredictionEvent.Failed => this with { Status = PredictionStatus.Failed },
            PredictionEvent.Canceled => this with { Status = PredictionStatus.Canceled },
            _ => this,
        };
    }
}
