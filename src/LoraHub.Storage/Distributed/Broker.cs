using LoraHub.Core;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Options;
using NATS.Client.Core;
using NATS.Client.JetStream;
using NATS.Client.JetStream.Models;
using NATS.Client.KeyValueStore;
using NATS.Client.ObjectStore;

namespace LoraHub.Storage.Distributed;

/// <summary>The connection to NATS and its streams. Reconnects automatically and creates missing streams once connected.</summary>
sealed partial class Broker : IAsyncDisposable
{
    /// <summary>The server's error codes: an account's limit, insufficient resources, memory, storage, a stream that could not store.</summary>
    static readonly int[] NoRoom = [10002, 10023, 10028, 10047, 10077];

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
            IgnoreAuthErrorAbort = true, // a corrected password takes effect without a restart
            PublishTimeoutOnDisconnected = true,
            ReconnectWaitMin = ShortestPause,
            ReconnectWaitMax = LongestPause,
        });
        Connection.ConnectionDisconnected += (_, _) =>
        {
            _streams = null; // the next server may be another one, without the streams
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

    /// <summary>Returns the streams, creating those that are missing.</summary>
    /// <exception cref="NatsException">The server is unreachable or refuses the request.</exception>
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

    /// <summary>Retries a request until it succeeds.</summary>
    public async Task<T> RetryAsync<T>(Func<CancellationToken, Task<T>> request, CancellationToken cancellationToken)
    {
        for (var pause = ShortestPause; ; pause = pause * 2 < LongestPause ? pause * 2 : LongestPause)
        {
            try
            {
                return await request(cancellationToken);
            }
            catch (Exception exception) when (IsTransient(exception) && !cancellationToken.IsCancellationRequested)
            {
                LogRetry(exception.GetType(), exception.Message);
                await Task.Delay(pause, TimeProvider.System, cancellationToken);
            }
        }
    }

    /// <inheritdoc cref="RetryAsync{T}"/>
    public Task RetryAsync(Func<CancellationToken, Task> request, CancellationToken cancellationToken) => RetryAsync(
        async token =>
        {
            await request(token);
            return true;
        },
        cancellationToken);

    /// <summary>Sends a request once.</summary>
    /// <exception cref="StorageUnavailableException">The server is unreachable or refuses the request.</exception>
    public async Task<T> AskAsync<T>(Func<Streams, Task<T>> request, CancellationToken cancellationToken)
    {
        try
        {
            return await request(await StreamsAsync(cancellationToken));
        }
        catch (Exception exception) when (IsTransient(exception) && !cancellationToken.IsCancellationRequested)
        {
            throw IsFull(exception)
                ? new StorageUnavailableException("There is no room left in the storage.", exception) { IsFull = true }
                : new StorageUnavailableException("The storage is unavailable; try again.", exception);
        }
    }

    /// <summary>Whether the server refused to store something because a limit of its storage, or its disk, is exhausted.</summary>
    public static bool IsFull(Exception exception) => exception is NatsJSApiException { Error.ErrCode: var code } && NoRoom.Contains(code);

    /// <summary>Whether a request failed but may succeed when retried.</summary>
    public static bool IsTransient(Exception exception) =>
        exception is (NatsException and not NatsPayloadTooLargeException) or OperationCanceledException or TimeoutException;

    public async ValueTask DisposeAsync()
    {
        await Connection.DisposeAsync();
        _preparing.Dispose();
    }

    async Task<Streams> PrepareAsync(CancellationToken cancellationToken)
    {
        var events = await JetStream.CreateOrUpdateStreamAsync(
            new StreamConfig($"{Prefix}-events", [Subjects.EventsOf(Prefix, "*")]) { Storage = StreamConfigStorage.File, NumReplicas = _replicas },
            cancellationToken);
        var queue = await JetStream.CreateOrUpdateStreamAsync(
            new StreamConfig($"{Prefix}-queue", [Subjects.QueueOf(Prefix, "*", "*")])
            {
                Storage = StreamConfigStorage.File,
                Retention = StreamConfigRetention.Workqueue,
                NumReplicas = _replicas,
            },
            cancellationToken);
        var objects = new NatsObjContext(JetStream);
        var values = new NatsKVConfig($"{Prefix}-values") { NumberOfReplicas = _replicas };
        return new Streams(
            events,
            queue,
            await BucketAsync("blobs"),
            await BucketAsync("uploads"),
            await BucketAsync("large"),
            await BucketAsync("modules"),
            await BucketAsync("checkpoints"),
            await new NatsKVContext(JetStream).CreateStoreAsync(values, cancellationToken));

        async Task<INatsObjStore> BucketAsync(string name) =>
            await objects.CreateObjectStoreAsync(new NatsObjConfig($"{Prefix}-{name}") { NumberOfReplicas = _replicas }, cancellationToken);
    }

    [LoggerMessage(LogLevel.Information, "Connected to NATS.")]
    partial void LogConnected();

    [LoggerMessage(LogLevel.Warning, "Lost the connection to NATS; reconnecting.")]
    partial void LogDisconnected();

    [LoggerMessage(LogLevel.Debug, "A NATS request failed ({ExceptionType}: {Reason}); retrying.")]
    partial void LogRetry(Type exceptionType, string reason);
}

/// <summary>This deployment's streams, buckets and values on the server.</summary>
/// <param name="Events">The events of each prediction; see <see cref="EventLog"/>.</param>
/// <param name="Queue">One message for each prediction that is queued or running.</param>
/// <param name="Blobs">See <see cref="ObjectBlobs"/>.</param>
/// <param name="Uploads">See <see cref="ObjectUploads"/>.</param>
/// <param name="Large">Content that is too large for a message; see <see cref="LargeContents"/>.</param>
/// <param name="Modules">The files that <see cref="Modules.PublishedModules"/> refer to.</param>
/// <param name="Checkpoints">See <see cref="ObjectCheckpoints"/>.</param>
/// <param name="Values">See <see cref="ServerKeys"/>, <see cref="RecordedPosition"/> and <see cref="Modules.PublishedModules"/>.</param>
sealed record Streams(
    INatsJSStream Events,
    INatsJSStream Queue,
    INatsObjStore Blobs,
    INatsObjStore Uploads,
    INatsObjStore Large,
    INatsObjStore Modules,
    INatsObjStore Checkpoints,
    INatsKVStore Values);

/// <summary>The names of subjects and keys.</summary>
static class Subjects
{
    public static string EventsOf(string prefix, string id) => $"{prefix}.events.{Token(id)}";

    public static string QueueOf(string prefix, string hardware, string id) => $"{prefix}.queue.{hardware}.{Token(id)}";

    /// <summary>The subject that notifies a prediction's worker of a cancellation request.</summary>
    public static string CancelOf(string prefix, string id) => $"{prefix}.cancel.{Token(id)}";

    /// <summary>The subject that notifies readers that a prediction's record has changed.</summary>
    public static string RecordedOf(string prefix, string id) => $"{prefix}.recorded.{Token(id)}";

    /// <summary>A module's key in the key-value store.</summary>
    public static string ModuleOf(string id) => $"modules.{Token(id)}";

    /// <summary>The id that a subject's last token encodes.</summary>
    public static string IdOf(string subject) => subject[(subject.LastIndexOf('.') + 1)..].Replace('=', '.');

    // A dot would end the token; ids never contain '='.
    static string Token(string id) => id.Replace('.', '=');
}
