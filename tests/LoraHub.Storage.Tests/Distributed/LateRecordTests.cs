using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Tests.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Npgsql;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>What clients see while the records lag behind the log.</summary>
public sealed class LateRecordTests(NatsServer nats, PostgresServer postgres)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_succeeded_prediction_is_never_acknowledged_as_canceled()
    {
        await using var engine = await DistributedEngine.StartAsync(nats, postgres);
        var created = await engine.CreateAsync();
        await using var lease = await engine.LeaseAsync();
        await lease.AppendAsync(new PredictionEvent.Started());
        await engine.SettleAsync();
        await using (var connection = await engine.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(Cancellation))
        {
            await using var holding = await connection.BeginTransactionAsync(Cancellation);
            await using var row = new NpgsqlCommand("SELECT 1 FROM predictions WHERE id = $1 FOR UPDATE", connection, holding)
            {
                Parameters = { new() { Value = created.Id } },
            };
            await row.ExecuteScalarAsync(Cancellation);
            await lease.AppendAsync(new PredictionEvent.Succeeded());

            await Assert.ThrowsAsync<StorageUnavailableException>(() => engine.CancelAsync(created.Id));
        }

        Assert.True(await engine.CancelAsync(created.Id));
        Assert.Equal(PredictionStatus.Succeeded, (await engine.FindAsync(created.Id)).Status);
    }
}
