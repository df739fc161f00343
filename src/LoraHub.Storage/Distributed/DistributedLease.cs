using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Core.Threading;
using NATS.Client.Core;
using NATS.Client.JetStream;

namespace LoraHub.Storage.Distributed;

/// <summary>A worker's lease on a prediction, recorded in the event log. Heartbeats keep the queue's message from being redelivered.</summary>
sealed class DistributedLease(
    Broker broker, EventLog log, LargeContents large, INatsJSMsg<byte[]> message, QueuedPrediction queued, TimeSpan validity) : IPredictionLease
{
    /// <summary>How long a release waits for an unreachable server; the queue redelivers the message anyway.</summary>
    static readonly TimeSpan ReleaseTimeout = TimeSpan.FromSeconds(5);

    readonly string _name = Guid.NewGuid().ToString("N");
    readonly SemaphoreSlim _appending = new(1);
    readonly CancellationTokenSource _left = new();

    // Never disposed: without a timer it holds no resources, and a cancellation may arrive during the release.
    readonly CancellationTokenSource _canceled = new();

    LogEnd _end = LogEnd.Empty;
    Task _heartbeats = Task.CompletedTask, _listening = Task.CompletedTask;

    public CreatedPrediction Created => queued.Created;

    public int Attempt => _end.State.Attempts;

    public CancellationToken Canceled => _canceled.Token;

    bool IsMine => _end.State.Lease == _name && !_end.State.IsTerminal;

    /// <summary>Subscribes to cancellation requests.</summary>
    public async Task ListenAsync(CancellationToken cancellationToken)
    {
        var subject = Subjects.CancelOf(broker.Prefix, queued.Created.Id);
        var requests = await broker.Connection.SubscribeCoreAsync<byte[]>(subject, cancellationToken: cancellationToken);
        _listening = ReadAsync(requests);
    }

    /// <summary>Leases the prediction to this worker, unless it has ended or another worker holds it.</summary>
    public async Task<bool> ClaimAsync(LogEnd known, int mostLost, CancellationToken cancellationToken)
    {
        _end = await log.AppendAsync(queued.Created.Id, known, state => Claim(state, known.State.Lease, mostLost), cancellationToken);
        if (_end.State.IsTerminal)
        {
            await AcknowledgeAsync();
        }

        if (IsMine)
        {
            _heartbeats = SendHeartbeatsAsync();
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
        using var limit = new CancellationTokenSource(ReleaseTimeout);
        await _appending.WaitAsync(CancellationToken.None);
        try
        {
            if (!_left.IsCancellationRequested && IsMine && await WriteAsync(Release, limit.Token) && !_end.State.IsTerminal)
            {
                // Confirmed, so that the queue redelivers it before this worker's next request.
                await message.NakAsync(new AckOpts { DoubleAck = true }, limit.Token);
            }
        }
        catch (Exception exception) when (Broker.IsTransient(exception))
        {
            // The queue redelivers the message when the lease expires.
        }
        finally
        {
            _appending.Release();
        }

        await _left.CancelAsync();
        await Task.WhenAll(_heartbeats, _listening);
    }

    async Task<bool> WriteAsync(Func<LogState, Step?> decide, CancellationToken cancellationToken)
    {
        var write = Guid.NewGuid().ToString("N");
        _end = await log.AppendAsync(
            queued.Created.Id,
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

    /// <summary>Removes the prediction from the queue.</summary>
    async Task AcknowledgeAsync()
    {
        try
        {
            await message.AckAsync(cancellationToken: CancellationToken.None);
            await queued.RemoveContentsAsync(large, CancellationToken.None);
        }
        catch (Exception exception) when (Broker.IsTransient(exception))
        {
            // The queue redelivers it; the next worker sees in the log that it has ended.
        }
    }

    Step? Claim(LogState state, string? loser, int mostLost)
    {
        var lost = state.Lost + (state.Lease is null ? 0 : 1);
        return state switch
        {
            { IsTerminal: true } => null,
            { Lease: { } holder } when holder != loser => null, // another worker was faster
            { CancelRequested: true } => Step.Of(state, new PredictionEvent.Canceled()),
            _ when lost >= mostLost => Step.Of(state, new PredictionEvent.Failed(QueueOptions.AttemptsExhausted(lost))),
            _ => new Step([], state with { Lease = _name, LeaseWrote = null, Attempts = state.Attempts + 1, Lost = lost }),
        };
    }

    static Step? Happen(LogState state, IReadOnlyList<PredictionEvent> happened) =>
        state.State.Accepts(happened) ? Step.Of(state, happened) : null;

    static Step Release(LogState state) =>
        state.CancelRequested ? Step.Of(state, new PredictionEvent.Canceled()) : new Step([], state with { Lease = null });

    Task SendHeartbeatsAsync() => Periodic.RunAsync(
        validity / 3, TimeProvider.System, _ => SendHeartbeatAsync(), onError: null, firstAtOnce: false, _left.Token);

    async Task SendHeartbeatAsync()
    {
        try
        {
            await message.AckProgressAsync(cancellationToken: _left.Token);
            await LookAtAsync((await log.FindEndAsync(queued.Created.Id, _left.Token)).State);
        }
        catch (Exception exception) when (Broker.IsTransient(exception))
        {
            // The next heartbeat may succeed.
        }
    }

    async Task ReadAsync(INatsSub<byte[]> requests)
    {
        await using var _ = requests;
        try
        {
            await foreach (var _1 in requests.Msgs.ReadAllAsync(_left.Token))
            {
                await SendHeartbeatAsync();
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
            await _left.CancelAsync(); // the lease is lost: heartbeats would now extend another worker's
        }

        if (state.CancelRequested || state.Lease != _name)
        {
            await _canceled.CancelAsync();
        }
    }
}
