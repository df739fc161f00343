using System.Threading.Channels;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Worker;

/// <summary>Records what a predictor reports as events of the prediction, in order and while it runs.</summary>
/// <param name="watcher">Receives the search's progress as data, on the predictor's thread; or null.</param>
sealed class EventPump(IPredictionLease lease, IProgress<SearchProgress>? watcher = null) : IPredictionProgress
{
    /// <summary>More than an answer has pieces: a running batch must not wait for the store of one of its rows.</summary>
    const int Capacity = 4096;

    const int MaxBatch = 256;

    readonly Channel<PredictionEvent> _events = Channel.CreateBounded<PredictionEvent>(
        new BoundedChannelOptions(Capacity) { SingleReader = true, SingleWriter = true });

    /// <summary>The number of characters of the answer so far.</summary>
    public int Characters { get; private set; }

    public void Log(string line) => Write(new PredictionEvent.Logged(line.Replace("\r\n", "\n").Replace('\r', '\n') + "\n"));

    public void Measure(string name, double value) => Write(new PredictionEvent.Measured(name, value));

    public void Generated(string text)
    {
        // Neither waits nor throws, because other predictions share the thread. If the writes failed, RunAsync has thrown.
        _events.Writer.TryWrite(new PredictionEvent.Generated(Characters, text));
        Characters += text.Length;
    }

    public void Evaluated(SearchProgress progress)
    {
        watcher?.Report(progress);
        Log(progress.Line);
    }

    /// <summary>Returns after <see cref="Complete"/> was called and every event is recorded.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (await _events.Reader.WaitToReadAsync())
            {
                // One write for all events that have arrived meanwhile.
                var batch = new List<PredictionEvent>();
                while (batch.Count < MaxBatch && _events.Reader.TryRead(out var happened))
                {
                    batch.Add(happened);
                }

                await lease.AppendAsync(batch, CancellationToken.None);
            }
        }
        catch (Exception exception)
        {
            _events.Writer.TryComplete(exception); // otherwise the predictor would block on the full channel
            throw;
        }
    }

    public void Complete() => _events.Writer.TryComplete();

    void Write(PredictionEvent happened)
    {
        if (!_events.Writer.TryWrite(happened))
        {
            // A search that is faster than the store blocks its own thread until there is room.
            _events.Writer.WriteAsync(happened).AsTask().GetAwaiter().GetResult();
        }
    }
}
