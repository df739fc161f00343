using System.Security.Cryptography;
using System.Text;
using LoraHub.Core;
using Microsoft.Extensions.Hosting;

namespace LoraHub.Storage.Distributed;

/// <summary>Derives keys from one secret on the NATS server, which the first process creates.</summary>
sealed class ServerKeys(Broker broker) : BackgroundService, IServiceKeys
{
    const string Name = "keys";

    volatile byte[]? _root;

    public byte[] KeyOf(string name) => HMACSHA256.HashData(
        _root ?? throw new StorageUnavailableException("The service has not connected to its storage yet; try again."), Encoding.UTF8.GetBytes(name));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken) => _root = await broker.RetryAsync(ReadOrMakeAsync, stoppingToken);

    async Task<byte[]> ReadOrMakeAsync(CancellationToken cancellationToken)
    {
        var values = (await broker.StreamsAsync(cancellationToken)).Values;
        // Fails if another process was faster; then that process's secret is used.
        await values.TryCreateAsync(Name, RandomNumberGenerator.GetBytes(32), cancellationToken: cancellationToken);
        return (await values.GetEntryAsync<byte[]>(Name, cancellationToken: cancellationToken)).Value!;
    }
}
