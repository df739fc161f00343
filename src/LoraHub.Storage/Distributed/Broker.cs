using LoraHub.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using NATS.Client.KeyValueStore;
using NATS.Client.ObjectStore;

namespace LoraHub.Storage.Distributed;

/// <summary>The connection to NATS and the streams there. It connects by itself, again and again, and makes what is missing when the server comes.</summary>
sealed partial class Broker : IAsyncDisposable
{
    static readonly TimeSpan ShortestPause = TimeSpan.FromMilliseconds(50), LongestPause = TimeSpan.FromSeconds(2);

    readonly ILogger<Broker> _logger;
    readonly SemaphoreSlim _preparing = new(1);
    readonly int _replicas;
    volatile Streams? _streams;

    public Broker(IOptions<DistributedOptions> options, ILogger<Broker> logger)
    {
        _logger = logger;
        Prefix = options.Value.Prefix;
        _replicas = options.Value.Replicas;
        Connection = new NatsConnection(NatsOpts.Default with
        {
            Name = Prefix,
            Url = options.Value.Nats!,
            RetryOnInitialConnect = true,
            IgnoreAuthErrorAbort = true, // whoever mends the password need not restart us
            PublishTimeoutOnDisconnected = true,
            ReconnectWaitMin = ShortestPause,
            ReconnectWaitMax = LongestPause,
        });
        Connection.ConnectionDisconnected += (_, _) =>
        {
            _streams = null; // what comes back may be another server, with nothing on it
            LogDisconnected();
            return ValueTask.CompletedTask;
        };
        Connection.ConnectionOpened += (_, _) =>
        {
            LogConnected();
            return ValueTask.CompletedTask;
        };
        JetStream = new NatsJSContext(Connection);
    }

    public string Prefix { get; }

    public NatsConnection Connection { get; }

    public INatsJSContext JetStream { get; }

    /// <summary>The streams, made when they are missing.</summary>
    /// <exception cref="NatsException">The server is away or refuses.</exception>
    public async Task<Streams> StreamsAsync(CancellationToken cancellationToken)
    {
        if (_streams is { } known)
        {
            return known;
        }

        await _preparing.WaitAsync(cancellationToken);
        try
        {
            return _streams ??= await PrepareAsync(cancellationToken);
        }
        finally
        {
            _preparing.Release();
        }
    }

    /// <summary>Asks the server until it answers.</summary>
    public async Task<T> InsistAsync<T>(Func<CancellationToken, Task<T>> ask, CancellationToken cancellationToken)
    {
        for (var pause = ShortestPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                return await ask(cancellationToken);
            }
            catch (Exception exception) when (IsTrouble(exception) && !cancellationToken.IsCancellationRequested)
            {
                LogTrouble(exception.GetType(), exception.Message);
                await Task.Delay(pause, TimeProvider.System, cancellationToken);
            }
        }
    }

    /// <summary>Asks the server once.</summary>
    /// <exception cref="StorageUnavailableException">It is away or refuses.</exception>
    public async Task<T> AskAsync<T>(Func<Streams, Task<T>> ask, CancellationToken cancellationToken)
    {
        try
        {
            return await ask(await StreamsAsync(cancellationToken));
        }
        catch (Exception exception) when (IsTrouble(exception) && !cancellationToken.IsCancellationRequested)
        {
            throw new StorageUnavailableException("What is stored cannot be reached now.", exception);
        }
    }

    /// <summary>Whether the server did not do what it was asked, and may do it later.</summary>
    public static bool IsTrouble(Exception exception) =>
        exception is (NatsException and not NatsPayloadTooLargeException) or OperationCanceledException or TimeoutException;

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        _preparing.Dispose();
    }

    async Task<Streams> PrepareAsync(CancellationToken cancellationToken)
    {
        var events = await JetStream.CreateOrUpdateStreamAsync(
            new StreamConfig($"{Prefix}-events", [Subjects.EventsOf(Prefix, "*")]) { Storage = StreamConfigStorage.File, NumReplicas = _replicas }, cancellationToken);
        var queue = await JetStream.CreateOrUpdateStreamAsync(
            new StreamConfig($"{Prefix}-queue", [Subjects.QueueOf(Prefix, "*", "*")])
            {
                Storage = StreamConfigStorage.File,
                Retention = StreamConfigRetention.Workqueue,
                NumReplicas = _replicas,
            },
            cancellationToken);
        var objects = new NatsObjContext(JetStream);
        return new Streams(
            events,
            queue,
            await BucketAsync("blobs"),
            await BucketAsync("uploads"),
            await BucketAsync("large"),
            await BucketAsync("modules"),
            await new NatsKVContext(JetStream).CreateStoreAsync(new NatsKVConfig($"{Prefix}-values") { NumberOfReplicas = _replicas }, cancellationToken));

        async Task<INatsObjStore> BucketAsync(string name) =>
            await objects.CreateObjectStoreAsync(new NatsObjConfig($"{Prefix}-{name}") { NumberOfReplicas = _replicas }, cancellationToken);
    }

    [LoggerMessage(LogLevel.Information, "The connection to NATS is open.")]
    partial void LogConnected();

    [LoggerMessage(LogLevel.Warning, "The connection to NATS is lost; it is opened again as soon as the server answers.")]
    partial void LogDisconnected();

    [LoggerMessage(LogLevel.Debug, "NATS did not do what it was asked and is asked again: {ExceptionType}: {Reason}")]
    partial void LogTrouble(Type exceptionType, string reason);
}

/// <summary>What this deployment has on the server.</summary>
/// <param name="Events">What happened to each prediction; see <see cref="EventLog"/>.</param>
/// <param name="Queue">The predictions that wait or run, each as one message until it has ended.</param>
/// <param name="Blobs">See <see cref="ObjectBlobs"/>.</param>
/// <param name="Uploads">See <see cref="ObjectUploads"/>.</param>
/// <param name="Large">What is too large for a message; see <see cref="LargeContents"/>.</param>
/// <param name="Modules">The files that <see cref="PublishedModules"/> name.</param>
/// <param name="Values">See <see cref="ServerKeys"/>, <see cref="RecordedPosition"/> and <see cref="PublishedModules"/>.</param>
sealed record Streams(
    INatsJSStream Events, INatsJSStream Queue, INatsObjStore Blobs, INatsObjStore Uploads, INatsObjStore Large, INatsObjStore Modules, INatsKVStore Values);

/// <summary>What subjects are called.</summary>
static class Subjects
{
    public static string EventsOf(string prefix, string id) => $"{prefix}.events.{Token(id)}";

    public static string QueueOf(string prefix, string hardware, string id) => $"{prefix}.queue.{hardware}.{Token(id)}";

    /// <summary>Where a prediction's worker hears at once that there is a wish to cancel it.</summary>
    public static string CancelOf(string prefix, string id) => $"{prefix}.cancel.{Token(id)}";

    /// <summary>Where readers hear at once that a prediction's record has changed.</summary>
    public static string RecordedOf(string prefix, string id) => $"{prefix}.recorded.{Token(id)}";

    /// <summary>The key of a module among the values.</summary>
    public static string ModuleOf(string id) => $"modules.{Token(id)}";

    /// <summary>The id that the last token of a subject stands for.</summary>
    public static string IdOf(string subject) => subject[(subject.LastIndexOf('.') + 1)..].Replace('=', '.');

    // A dot would end the token; no id holds '='.
    static string Token(string id) => id.Replace('.', '=');
}
