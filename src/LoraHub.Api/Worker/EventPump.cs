using System.Threading.Channels;
using LoraHub.Core.Predictions;

namespace LoraHub.Api.Worker;

/// <summary>Carries what a predictor says from its thread into the prediction's events, in order and while it runs.</summary>
sealed class EventPump(IPredictionLease lease) : IPredictionProgress
{
    const int MostAtOnce = 256;

    readonly Channel<PredictionEvent> _events = Channel.CreateBounded<PredictionEvent>(
        new BoundedChannelOptions(capacity: 1024) { SingleReader = true, SingleWriter = true });

    public void Log(string line) => Write(new PredictionEvent.Logged(line.Replace("\r\n", "\n").Replace('\r', '\n') + "\n"));

    public void Measure(string name, double value) => Write(new PredictionEvent.Measured(name, value));

    public void Compose(IReadOnlyList<ModuleUse> modules) => Write(new PredictionEvent.Composing(modules));

    /// <summary>Runs until <see cref="Complete"/> was called and all is recorded.</summary>
    public async Task RunAsync()
    {
        try
        {
            while (await _events.Reader.WaitToReadAsync())
            {
                // What has come meanwhile goes together: one write for all of it.
                var news = new List<PredictionEvent>();
                while (news.Count < MostAtOnce && _events.Reader.TryRead(out var happened))
                {
                    news.Add(happened);
                }

                await lease.AppendAsync(news, CancellationToken.None);
            }
        }
        catch (Exception exception)
        {
            _events.Writer.TryComplete(exception); // or the predictor would wait for room for ever
            throw;
        }
    }

    public void Complete() => _events.Writer.TryComplete();

    void Write(PredictionEvent happened)
    {
        if (!_events.Writer.TryWrite(happened))
        {
            // A predictor that outruns the store waits for it, on the thread that is its own.
            _events.Writer.WriteAsync(happened).AsTask().GetAwaiter().GetResult();
        }
    }
}
