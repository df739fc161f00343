using LoraHub.Core;
using LoraHub.Core.Predictions;
using NATS.Client.Core;
using NATS.Client.JetStream;

namespace LoraHub.Storage.Distributed;

/// <summary>A worker's turn at a prediction, as the event log has it. Signs of life keep the queue's message from others meanwhile.</summary>
sealed class DistributedLease(Broker broker, EventLog log, LargeContents large, INatsJSMsg<byte[]> message, QueuedPrediction queued, TimeSpan validity) : IPredictionLease
{
    /// <summary>How long leaving waits for a server that is away; the queue's message comes back anyway.</summary>
    static readonly TimeSpan LeaveWithin = TimeSpan.FromSeconds(5);

    readonly string _name = Guid.NewGuid().ToString("N");
    readonly SemaphoreSlim _appending = new(1);
    readonly CancellationTokenSource _left = new();

    // Never disposed: without a timer it holds nothing, and a cancellation may come while the worker is leaving.
    readonly CancellationTokenSource _canceled = new();

    LogEnd _end = LogEnd.Empty;
    Task _beating = Task.CompletedTask, _listening = Task.CompletedTask;

    public Prediction Prediction { get; } = queued.ToPrediction();

    public int Attempt => _end.State.Attempts;

    public CancellationToken Canceled => _canceled.Token;

    bool IsMine => _end.State.Lease == _name && !_end.State.IsTerminal;

    /// <summary>Hears from here on of wishes to cancel.</summary>
    public async Task ListenAsync(CancellationToken cancellationToken)
    {
        var wishes = await broker.Connection.SubscribeCoreAsync<byte[]>(Subjects.CancelOf(broker.Prefix, queued.Id), cancellationToken: cancellationToken);
        _listening = HearAsync(wishes);
    }

    /// <summary>Makes it this worker's turn, unless the prediction needs none any more.</summary>
    public async Task<bool> ClaimAsync(LogEnd known, int mostLost, CancellationToken cancellationToken)
    {
        _end = await log.AppendAsync(queued.Id, known, state => Claim(state, known.State.Lease, mostLost), cancellationToken);
        if (_end.State.IsTerminal)
        {
            await AcknowledgeAsync();
        }

        if (IsMine)
        {
            _beating = BeatAsync();
        }

        return IsMine;
    }

    public async Task<bool> AppendAsync(IReadOnlyList<PredictionEvent> happened, CancellationToken cancellationToken)
    {
        await _appending.WaitAsync(cancellationToken);
        try
        {
            if (_left.IsCancellationRequested)
            {
                return false;
            }

            var isWritten = await WriteAsync(state => Happen(state, happened), cancellationToken);
            await LookAtAsync(_end.State);
            return isWritten;
        }
        finally
        {
            _appending.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        using var limit = new CancellationTokenSource(LeaveWithin);
        await _appending.WaitAsync(CancellationToken.None);
        try
        {
            if (!_left.IsCancellationRequested && IsMine && await WriteAsync(Leave, limit.Token) && !_end.State.IsTerminal)
            {
                await message.NakAsync(new AckOpts { DoubleAck = true }, limit.Token); // heard, so that it comes before what this worker asks for next
            }
        }
        catch (Exception exception) when (Broker.IsTrouble(exception))
        {
            // Then the others wait until this worker counts as lost.
        }
        finally
        {
            _appending.Release();
        }

        await _left.CancelAsync();
        await Task.WhenAll(_beating, _listening);
    }

    async Task<bool> WriteAsync(Func<LogState, Step?> decide, CancellationToken cancellationToken)
    {
        var write = Guid.NewGuid().ToString("N");
        _end = await log.AppendAsync(
            queued.Id,
            _end,
            state => state.Lease != _name || state.LeaseWrote == write || decide(state) is not { } step
                ? null
                : step with { After = step.After with { LeaseWrote = write } },
            cancellationToken);
        if (_end.State.IsTerminal)
        {
            await _left.CancelAsync();
            await AcknowledgeAsync();
        }

        return _end.State.LeaseWrote == write;
    }

    /// <summary>Takes the prediction out of the queue.</summary>
    async Task AcknowledgeAsync()
    {
        try
        {
            await message.AckAsync(cancellationToken: CancellationToken.None);
            await large.RemoveAsync(queued.InputAt, CancellationToken.None);
        }
        catch (Exception exception) when (Broker.IsTrouble(exception))
        {
            // Then it comes again, and whoever gets it sees in the log that it has ended.
        }
    }

    Step? Claim(LogState state, string? loser, int mostLost)
    {
        var lost = state.Lost + (state.Lease is null ? 0 : 1);
        return state switch
        {
            { IsTerminal: true } => null,
            { Lease: { } holder } when holder != loser => null, // another was faster
            { CancelRequested: true } => Step.Of(state, new PredictionEvent.Canceled()),
            _ when lost >= mostLost => Step.Of(state, new PredictionEvent.Failed(QueueOptions.GivenUp(lost))),
            _ => new Step([], state with { Lease = _name, LeaseWrote = null, Attempts = state.Attempts + 1, Lost = lost }),
        };
    }

    static Step? Happen(LogState state, IReadOnlyList<PredictionEvent> happened) =>
        state.Accepts(happened) ? Step.Of(state, happened) : null;

    static Step Leave(LogState state) =>
        state.CancelRequested ? Step.Of(state, new PredictionEvent.Canceled()) : new Step([], state with { Lease = null });

    async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(validity / 3);
        try
        {
            while (await timer.WaitForNextTickAsync(_left.Token))
            {
                await BeatOnceAsync();
            }
        }
        catch (OperationCanceledException) when (_left.IsCancellationRequested)
        {
        }
    }

    async Task BeatOnceAsync()
    {
        try
        {
            await message.AckProgressAsync(cancellationToken: _left.Token);
            await LookAtAsync((await log.FindEndAsync(queued.Id, _left.Token)).State);
        }
        catch (Exception exception) when (Broker.IsTrouble(exception))
        {
            // The next one may get through.
        }
    }

    async Task HearAsync(INatsSub<byte[]> wishes)
    {
        await using var _ = wishes;
        try
        {
            await foreach (var _1 in wishes.Msgs.ReadAllAsync(_left.Token))
            {
                await BeatOnceAsync();
            }
        }
        catch (OperationCanceledException) when (_left.IsCancellationRequested)
        {
        }
    }

    async Task LookAtAsync(LogState state)
    {
        if (state.Lease != _name)
        {
            await _left.CancelAsync(); // lost, and for good: signs of life would now be another's
        }

        if (state.CancelRequested || state.Lease != _name)
        {
            await _canceled.CancelAsync();
        }
    }
}
