using System.Security.Cryptography;
using System.Text;
using LoraHub.Core;
using Microsoft.Extensions.Hosting;

namespace LoraHub.Storage.Distributed;

/// <summary>Derives keys from one secret on the NATS server, which the first process creates.</summary>
sealed class ServerKeys(Broker broker) : BackgroundService, IServiceKeys
{
    const string Name = "keys";

    const int KeyBytes = 32;

    volatile byte[]? _root;

    public byte[] KeyOf(string name) => HMACSHA256.HashData(
        _root ?? throw new StorageUnavailableException("The service has not connected to its storage yet; try again."), Encoding.UTF8.GetBytes(name));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken) => _root = await broker.RetryAsync(ReadOrMakeAsync, stoppingToken);

    async Task<byte[]> ReadOrMakeAsync(CancellationToken cancellationToken)
    {
        var values = (await broker.StreamsAsync(cancellationToken)).Values;
        // Fails if another process was faster; then that process's secret is used.
        await values.TryCreateAsync(Name, RandomNumberGenerator.GetBytes(KeyBytes), cancellationToken: cancellationToken);
        var entry = await values.GetEntryAsync<byte[]>(Name, cancellationToken: cancellationToken);
        return entry.Value is { Length: KeyBytes } key
            ? key
            : throw new InvalidOperationException(
                $"The secret `{Name}` in the NATS bucket {entry.Bucket} has {entry.Value?.Length ?? 0} bytes instead of {KeyBytes}. "
                + "Restore it from a backup; or delete it, then the next start makes a new one.");
    }
}
