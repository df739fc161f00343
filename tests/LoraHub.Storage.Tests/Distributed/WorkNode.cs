using System.Text.Json.Nodes;
using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Distributed;
using Microsoft.Extensions.Logging.Abstractions;
using Microsoft.Extensions.Options;
using NATS.Client.JetStream;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>A process of the deployment. Disposing it does not dispose its leases: it is lost.</summary>
sealed class WorkNode : IAsyncDisposable
{
    /// <summary>For tests that wait for the end of a lease, and for all others: a process that stands still for a moment loses none.</summary>
    public static readonly TimeSpan ShortLease = TimeSpan.FromSeconds(2), Lease = TimeSpan.FromMinutes(1);

    readonly Broker _broker;
    readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("lorahub-");

    public WorkNode(string url, string prefix, string hardware, TimeSpan lease)
    {
        _broker = new Broker(Options.Create(new DistributedOptions { Nats = url, Prefix = prefix }), NullLogger<Broker>.Instance);
        var large = new LargeContents(_broker);
        Log = new EventLog(_broker, large, TimeProvider.System);
        Checkpoints = new ObjectCheckpoints(
            _broker, Options.Create(new DataOptions { Path = _folder.FullName }), NullLogger<ObjectCheckpoints>.Instance);
        Queue = new WorkQueue(_broker, Log, large, Options.Create(new QueueOptions { Hardware = hardware, Lease = lease, MaxAttempts = 2 }),
            NullLogger<WorkQueue>.Instance);
    }

    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    public EventLog Log { get; }

    public WorkQueue Queue { get; }

    public ObjectCheckpoints Checkpoints { get; }

    public async Task<INatsJSStream> QueueStreamAsync() => (await _broker.StreamsAsync(Cancellation)).Queue;

    public async Task<long> CountCheckpointMessagesAsync()
    {
        var bucket = (await _broker.StreamsAsync(Cancellation)).Checkpoints.Bucket;
        return (await _broker.JetStream.GetStreamAsync($"OBJ_{bucket}", cancellationToken: Cancellation)).Info.State.Messages;
    }

    public async Task<CreatedPrediction> CreateAsync(string hardware = "cpu", PredictionKind kind = PredictionKind.Compose)
    {
        var created = new CreatedPrediction
        {
            Id = PredictionId.New(),
            Input = new JsonObject { ["seed"] = 42 },
            Origin = "http://localhost",
            CreatedAt = TimeProvider.System.GetUtcNow(),
            Hardware = hardware,
            Kind = kind,
        };
        await Queue.PublishAsync(created, Cancellation);
        return created;
    }

    public Task<IPredictionLease> LeaseAsync() => Queue.LeaseAsync(PredictionKind.Compose, Cancellation);

    public async ValueTask DisposeAsync()
    {
        await _broker.DisposeAsync();
        _folder.Refresh();
        if (_folder.Exists)
        {
            _folder.Delete(recursive: true);
        }
    }
}
