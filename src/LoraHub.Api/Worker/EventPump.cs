using System.Threading.Channels;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Worker;

/// <summary>Records what a predictor reports as events of the prediction, in order and while it runs.</summary>
/// <param name="watcher">Receives the search's progress as data, on the predictor's thread; or null.</param>
sealed class EventPump(IPredictionLease lease, IProgress<SearchProgress>? watcher = null) : IPredictionProgress
{
    /// <summary>More than an answer has pieces: a running batch must not wait for the store of one of its rows.</summary>
    const int Capacity = 4096;

    /// <summary>
    /// How long an event waits for others, with which it shares a write: too short to be seen, and long enough for several tokens. A short answer is
    /// then written once, with its end.
    /// </summary>
    static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(25);

    readonly Channel<PredictionEvent> _events = Channel.CreateBounded<PredictionEvent>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true });

    /// <summary>The number of characters of the answer so far.</summary>
    public int Characters { get; private set; }

    public void Log(string line) => Write(new PredictionEvent.Logged(line.Replace("\r\n", "\n").Replace('\r', '\n') + "\n"));

    public void Measure(string name, double value) => Write(new PredictionEvent.Measured(name, value));

    public void Generated(string text)
    {
        // Neither waits nor throws, because other predictions share the thread. If the writes failed, RecordAsync has thrown.
        _events.Writer.TryWrite(new PredictionEvent.Generated(Characters, text));
        Characters += text.Length;
    }

    public void Evaluated(SearchProgress progress)
    {
        watcher?.Report(progress);
        Log(progress.Line);
    }

    public void Report(RunProgress progress) => Write(new PredictionEvent.Progressed(progress));

    /// <summary>Records events until the work has ended.</summary>
    /// <param name="work">The predictor's work, which reports to this object until it ends.</param>
    /// <returns>The last events, which the caller records together with the success; none if the work did not succeed.</returns>
    public async Task<IReadOnlyList<PredictionEvent>> RecordAsync(Task work)
    {
        try
        {
            while (await Task.WhenAny(work, _events.Reader.WaitToReadAsync().AsTask()) != work)
            {
                if (await Task.WhenAny(work, Task.Delay(Interval, TimeProvider.System)) != work)
                {
                    await lease.AppendAsync(TakeAll(), CancellationToken.None); // one write for all events that have arrived meanwhile
                }
            }

            var last = TakeAll();
            if (!work.IsCompletedSuccessfully && last.Count > 0)
            {
                await lease.AppendAsync(last, CancellationToken.None);
            }

            return work.IsCompletedSuccessfully ? last : [];
        }
        catch (Exception exception)
        {
            _events.Writer.TryComplete(exception); // otherwise the predictor would block on the full channel
            throw;
        }
    }

    List<PredictionEvent> TakeAll()
    {
        var events = new List<PredictionEvent>();
        while (_events.Reader.TryRead(out var happened))
        {
            events.Add(happened);
        }

        return events;
    }

    void Write(PredictionEvent happened)
    {
        if (!_events.Writer.TryWrite(happened))
        {
            // A search that is faster than the store blocks its own thread until there is room.
            _events.Writer.WriteAsync(happened).AsTask().GetAwaiter().GetResult();
        }
    }
}
