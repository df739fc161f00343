using LoraHub.Core.Predictions;

namespace LoraHub.Api.Webhooks;

/// <summary>An event to deliver.</summary>
/// <param name="Prediction">Its state at that event.</param>
readonly record struct WebhookNotice(WebhookEvent Event, Prediction Prediction);

/// <summary>
/// Collects the events of a prediction that are still to be delivered. It returns the start first, then updates, then the end.
/// It merges all output and logs since the last message into one update with the current state.
/// </summary>
/// <param name="subscribed">The events to deliver.</param>
/// <param name="startSent">Whether the start was delivered before.</param>
sealed class WebhookOutbox(Prediction created, IReadOnlySet<WebhookEvent> subscribed, bool startSent)
{
    Prediction _running = created;
    Prediction? _started;
    Prediction? _ended;
    WebhookEvent? _update;
    bool _startSent = startSent;

    /// <summary>Whether the prediction's end was added.</summary>
    public bool HasEnded { get; private set; }

    public bool IsEmpty => _started is null && _update is null && _ended is null;

    public void Add(RecordedEvent recorded)
    {
        var after = _running.Apply(recorded);
        if (recorded.Event.IsTerminal)
        {
            End(after);
            return;
        }

        _running = after;
        switch (recorded.Event)
        {
            case PredictionEvent.Started when !_startSent: // another attempt, after a lost worker, records it again
                _startSent = true;
                _started = subscribed.Contains(WebhookEvent.Start) ? after : null;
                break;
            case PredictionEvent.Answered or PredictionEvent.Generated when subscribed.Contains(WebhookEvent.Output):
                _update = WebhookEvent.Output;
                break;
            case PredictionEvent.Logged when subscribed.Contains(WebhookEvent.Logs):
                _update ??= WebhookEvent.Logs;
                break;
        }
    }

    /// <param name="ended">The prediction's final state.</param>
    public void End(Prediction ended)
    {
        HasEnded = true;
        _ended = subscribed.Contains(WebhookEvent.Completed) ? ended : null;
    }

    /// <summary>Removes and returns the next event to deliver, or null.</summary>
    /// <param name="mayUpdate">Whether the throttle permits an update. If not, an end replaces a pending update, whose data it contains.</param>
    public WebhookNotice? Take(bool mayUpdate)
    {
        if (_started is { } started)
        {
            _started = null;
            return new WebhookNotice(WebhookEvent.Start, started);
        }

        if (_update is { } update && mayUpdate)
        {
            _update = null;
            return new WebhookNotice(update, _running);
        }

        if (_ended is { } ended)
        {
            (_update, _ended) = (null, null);
            return new WebhookNotice(WebhookEvent.Completed, ended);
        }

        return null;
    }
}
