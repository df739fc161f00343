using LoraHub.Core;
using LoraHub.Core.Predictions;
using LoraHub.Storage.Distributed;
using LoraHub.Storage.Tests.Contracts;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Options;
using Npgsql;

namespace LoraHub.Storage.Tests.Distributed;

/// <summary>A node that is frozen keeps its connections open and is silent on them; the others go on without it.</summary>
public sealed class RecordingTurnTests(NatsServer nats, PostgresServer postgres)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_silent_node_loses_its_turn_to_record_and_its_row_locks()
    {
        await using var engine = await DistributedEngine.StartAsync(nats, postgres);
        var created = await engine.CreateAsync();
        await StopRecorderAsync(engine.Services);
        await using var frozen = await RecordingTurn.TakeAsync(Database(engine.Services), Cancellation);
        var connection = await engine.Services.GetRequiredService<NpgsqlDataSource>().OpenConnectionAsync(Cancellation);
        await HoldAsync(connection, created.Id);

        await engine.StartNodeAsync();
        await engine.CancelAsync(created.Id);

        Assert.Equal(PredictionStatus.Canceled, (await engine.FindAsync(created.Id)).Status);
        await Assert.ThrowsAnyAsync<NpgsqlException>(() => frozen.KeepAsync(Cancellation)); // when it wakes, it learns that it lost its turn
        await Record.ExceptionAsync(async () => await connection.DisposeAsync()); // the server has ended its session
    }

    [Fact]
    public async Task A_node_that_gives_up_its_turn_leaves_no_lock_behind()
    {
        await using var engine = await DistributedEngine.StartAsync(nats, postgres);
        await StopRecorderAsync(engine.Services);
        await using (await RecordingTurn.TakeAsync(Database(engine.Services), Cancellation))
        {
        }

        await using var next = await RecordingTurn.TakeAsync(Database(engine.Services), Cancellation).WaitAsync(Wait.Limit, Cancellation);
        await next.KeepAsync(Cancellation);
        await using var ended = engine.Services.GetRequiredService<NpgsqlDataSource>().CreateCommand(
            "SELECT sessions_fatal FROM pg_stat_database WHERE datname = current_database()");
        Assert.Equal(0L, await ended.ExecuteScalarAsync(Cancellation)); // the server ended none that was silent for too long
    }

    [Fact]
    public async Task Readiness_reports_that_nobody_records()
    {
        await using var engine = await DistributedEngine.StartAsync(nats, postgres);
        var created = await engine.CreateAsync();
        await engine.SettleAsync();
        var health = engine.Services.GetServices<IEngineHealth>().OfType<RecordingHealth>().Single();
        engine.Time.Advance(2 * RecordingHealth.Tolerance);
        Assert.Null(await health.CheckAsync(Cancellation)); // nothing waits

        await StopRecorderAsync(engine.Services);
        await engine.CancelAsync(created.Id); // in the log alone
        Assert.Null(await health.CheckAsync(Cancellation));
        engine.Time.Advance(2 * RecordingHealth.Tolerance);
        Assert.Equal(
            "Events of predictions have not been recorded for 30 seconds; see the log of the API nodes.", await health.CheckAsync(Cancellation));

        await engine.StartNodeAsync();
        await engine.SettleAsync();
        Assert.Null(await health.CheckAsync(Cancellation));
    }

    static string Database(IServiceProvider node) => node.GetRequiredService<IOptions<DistributedOptions>>().Value.Postgres!;

    static Task StopRecorderAsync(IServiceProvider node) => node.GetServices<IHostedService>().OfType<Recorder>().Single().StopAsync(Cancellation);

    /// <summary>Locks a prediction's row in a transaction that stays open.</summary>
    static async Task HoldAsync(NpgsqlConnection connection, string id)
    {
        await connection.BeginTransactionAsync(Cancellation);
        await using var row = new NpgsqlCommand("SELECT 1 FROM predictions WHERE id = $1 FOR UPDATE", connection)
        {
            Parameters = { new() { Value = id } },
        };
        await row.ExecuteScalarAsync(Cancellation);
    }
}
