using LoraHub.Core.Predictions;

namespace LoraHub.Api.Webhooks;

/// <summary>What there is to tell of a prediction.</summary>
/// <param name="Prediction">As it was then.</param>
readonly record struct WebhookNotice(WebhookEvent Event, Prediction Prediction);

/// <summary>
/// What is still to be told of a prediction: its start as it was, then how it stands, however much has happened to it meanwhile, then its end.
/// </summary>
/// <param name="wanted">The events to tell of.</param>
/// <param name="startTold">Whether its start was told before.</param>
sealed class WebhookOutbox(Prediction created, IReadOnlySet<WebhookEvent> wanted, bool startTold)
{
    Prediction _running = created;
    Prediction? _started;
    Prediction? _ended;
    WebhookEvent? _news;
    bool _startTold = startTold;

    /// <summary>Whether the prediction's end is known here.</summary>
    public bool HasEnded { get; private set; }

    public bool IsEmpty => _started is null && _news is null && _ended is null;

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
            case PredictionEvent.Started when !_startTold: // it comes again when a worker was lost
                _startTold = true;
                _started = wanted.Contains(WebhookEvent.Start) ? after : null;
                break;
            case PredictionEvent.Answered when wanted.Contains(WebhookEvent.Output):
                _news = WebhookEvent.Output;
                break;
            case PredictionEvent.Logged when wanted.Contains(WebhookEvent.Logs):
                _news ??= WebhookEvent.Logs;
                break;
        }
    }

    /// <param name="ended">As it is and will remain.</param>
    public void End(Prediction ended)
    {
        HasEnded = true;
        _ended = wanted.Contains(WebhookEvent.Completed) ? ended : null;
    }

    /// <summary>Takes out what is to be told next.</summary>
    /// <param name="mayTellNews">Whether output and logs may be told again already. If not, an end that is to be told goes before them and says all of it.</param>
    public WebhookNotice? Take(bool mayTellNews)
    {
        if (_started is { } started)
        {
            _started = null;
            return new WebhookNotice(WebhookEvent.Start, started);
        }

        if (_news is { } news && mayTellNews)
        {
            _news = null;
            return new WebhookNotice(news, _running);
        }

        if (_ended is { } ended)
        {
            (_news, _ended) = (null, null);
            return new WebhookNotice(WebhookEvent.Completed, ended);
        }

        return null;
    }
}
