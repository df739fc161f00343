using System.Security.Cryptography;
using System.Text;
using LoraHub.Core;
using Microsoft.Extensions.Hosting;

namespace LoraHub.Storage.Distributed;

/// <summary>Keys that come from one secret on the NATS server, made by the first process that asks for it.</summary>
sealed class ServerKeys(Broker broker) : BackgroundService, IServiceKeys
{
    const string Name = "keys";

    volatile byte[]? _root;

    public byte[] KeyOf(string name) => HMACSHA256.HashData(
        _root ?? throw new StorageUnavailableException("The service has not reached its storage yet."), Encoding.UTF8.GetBytes(name));

    protected override async Task ExecuteAsync(CancellationToken stoppingToken) => _root = await broker.InsistAsync(ReadOrMakeAsync, stoppingToken);

    async Task<byte[]> ReadOrMakeAsync(CancellationToken cancellationToken)
    {
        var values = (await broker.StreamsAsync(cancellationToken)).Values;
        await values.TryCreateAsync(Name, RandomNumberGenerator.GetBytes(32), cancellationToken: cancellationToken); // or another process was faster; then its secret counts
        return (await values.GetEntryAsync<byte[]>(Name, cancellationToken: cancellationToken)).Value!;
    }
}
