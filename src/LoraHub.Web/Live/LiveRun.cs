using LoraHub.Core.Predictions;

namespace LoraHub.Web.Live;

/// <summary>A prediction or training as a page shows it: what its events so far add up to. It is followed while the page is open.</summary>
/// <param name="created">The prediction before its first event.</param>
/// <param name="events">Its events, past ones first; they end after the last one (<see cref="IPredictionEvents.ReadAsync"/>).</param>
/// <param name="leaving">Canceled when the visitor has left, or the service stops.</param>
public sealed class LiveRun(Prediction created, IAsyncEnumerable<RecordedEvent> events, TimeProvider time, CancellationToken leaving)
{
    /// <summary>Fast enough to look alive; a search has a hundred evaluations a second at times.</summary>
    static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(200);

    /// <summary>While nothing happens the page is sent again, so that times move on and no proxy takes the connection for dead.</summary>
    static readonly TimeSpan Silence = TimeSpan.FromSeconds(5);

    /// <summary>Fewer say nothing about the pace: the first one also loads and measures.</summary>
    const int FewestForPace = 3;

    readonly List<RunProgress> _curve = [];

    /// <summary>When the first and the last progress of the phase that runs was reported, and how far each was.</summary>
    (DateTimeOffset At, RunProgress Progress)? _first, _last;

    Task? _following;

    readonly List<Func<Task>> _parts = [];

    /// <summary>
    /// Completes when the visitor's connection has taken all that was sent. Nothing is rendered before: what a slow reader has not taken stays in
    /// memory. Default: at once.
    /// </summary>
    public Func<Task> Sent { get; init; } = () => Task.CompletedTask;

    public Prediction Prediction { get; private set; } = created;

    /// <summary>How often a worker has started it.</summary>
    public int Attempts { get; private set; }

    /// <summary>What was reported. An attempt replaces what it repeats; one that goes on from a checkpoint keeps what is before it.</summary>
    public IReadOnlyList<RunProgress> Curve => _curve;

    /// <summary>The weights of the best loss so far; of the result, once it is there.</summary>
    public IReadOnlyList<ModuleWeight> Weights { get; private set; } = [];

    /// <summary>Canceled when the visitor has left, or the service stops.</summary>
    public CancellationToken Leaving => leaving;

    public bool HasEnded => Prediction.IsTerminal;

    /// <summary>The time that has passed since the run was created or started, until its end.</summary>
    public TimeSpan Elapsed => (Prediction.CompletedAt ?? time.GetUtcNow()) - (Prediction.StartedAt ?? Prediction.CreatedAt);

    /// <summary>The time that is left by the pace between the first and the last progress; null if it is not known yet.</summary>
    public TimeSpan? Left
    {
        get
        {
            if (HasEnded || _first is not var (start, first) || _last is not var (at, last)
                || last.IsTuning // after a search; a few short steps
                || last.Done - first.Done < FewestForPace)
            {
                return null;
            }

            var left = ((at - start) / (last.Done - first.Done) * (last.Total - last.Done)) - (time.GetUtcNow() - at);
            return left > TimeSpan.Zero ? left : TimeSpan.Zero;
        }
    }

    /// <summary>Whether all evaluations or steps were reported, and what follows runs.</summary>
    public bool IsFinishing => !HasEnded && _last is var (_, last) && last.Done >= last.Total;

    /// <summary>Reads what has happened before the page is rendered; for a run that has ended that is everything.</summary>
    public async Task ReadPastAsync()
    {
        var past = new List<RecordedEvent>();
        await foreach (var recorded in events.WithCancellation(leaving))
        {
            past.Add(recorded);
        }

        Apply(past);
    }

    /// <summary>Shows the record as it is stored: what was removed from it, is not shown.</summary>
    public void Replace(Prediction stored)
    {
        Prediction = stored;
        var isRemoved = stored.Removed.HasFlag(DataParts.Results);
        Weights = stored.Output?.Weights ?? (isRemoved || stored.Status == PredictionStatus.Succeeded ? [] : Weights); // of what was found until then
    }

    /// <summary>Follows the run to its end, once for all parts of the page.</summary>
    /// <param name="show">
    /// Renders a part of the page. Called when something happened, after the other parts before it; not at the end, when the task completes.
    /// </param>
    public Task FollowAsync(Func<Task> show)
    {
        _parts.Add(show);
        return _following ??= RunAsync();
    }

    /// <summary>Stops rendering a part of the page.</summary>
    public void Leave(Func<Task> show) => _parts.Remove(show);

    async Task RunAsync()
    {
        var waiting = new List<RecordedEvent>();
        await using var reader = events.GetAsyncEnumerator(leaving);
        var next = reader.MoveNextAsync().AsTask();
        try
        {
            while (true)
            {
                await Task.WhenAny(next, Task.Delay(Silence, time, leaving));
                var pause = Task.Delay(Pause, time, leaving);
                while (next.IsCompleted || await Task.WhenAny(next, pause) == next)
                {
                    if (!await next)
                    {
                        Apply(waiting); // shown once, when the parts of the page end
                        return;
                    }

                    waiting.Add(reader.Current);
                    next = reader.MoveNextAsync().AsTask();
                }

                Apply(waiting);
                waiting.Clear();
                await ShowAsync();
            }
        }
        finally
        {
            await ((Task)next).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing); // the reader cannot be disposed while it reads
        }
    }

    /// <summary>Renders one part after the other, so that no more than one of them waits for the connection.</summary>
    async Task ShowAsync()
    {
        foreach (var show in _parts.ToArray())
        {
            await Sent().WaitAsync(leaving);
            await show();
        }
    }

    void Apply(IReadOnlyList<RecordedEvent> recorded)
    {
        Prediction = Prediction.Apply(recorded);
        foreach (var one in recorded)
        {
            switch (one.Event)
            {
                case PredictionEvent.Started:
                    Attempts++;
                    (_first, _last) = (null, null);
                    _curve.RemoveAll(point => point.IsSearch || point.IsTuning); // it begins again; a training goes on from its checkpoint
                    Weights = [];
                    break;
                case PredictionEvent.Progressed(var progress):
                    RemoveRepeated(progress);
                    _first = _first is var (_, begun) && IsSamePart(begun, progress) && begun.Done < progress.Done
                        ? _first
                        : (one.At, progress);
                    _last = (one.At, progress);
                    _curve.Add(progress);
                    Weights = progress.Weights ?? Weights;
                    break;
                case PredictionEvent.Answered({ Weights: { Count: > 0 } weights }):
                    Weights = weights;
                    break;
            }
        }
    }

    /// <summary>Removes what a lost attempt had reported and this one repeats.</summary>
    void RemoveRepeated(RunProgress progress)
    {
        if (_curve.FindLast(point => IsSamePart(point, progress)) is { } last && last.Done >= progress.Done)
        {
            _curve.RemoveAll(point => IsSamePart(point, progress) && point.Done >= progress.Done);
        }
    }

    static bool IsSamePart(RunProgress one, RunProgress other) => one.IsSearch == other.IsSearch && one.IsTuning == other.IsTuning;
}
