using LoraHub.Core.Predictions;
using LoraHub.Core.Trainings;
using LoraHub.Storage.Tests.Contracts;
using Microsoft.Extensions.DependencyInjection;

namespace LoraHub.Storage.Tests.Distributed;

public sealed class CheckpointSweepTests(NatsServer nats, PostgresServer postgres)
{
    static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_node_that_starts_deletes_the_checkpoints_of_ended_and_unknown_trainings()
    {
        await using var engine = await DistributedEngine.StartAsync(nats, postgres);
        var checkpoints = engine.Services.GetRequiredService<ITrainingCheckpoints>();
        var (ended, waiting) = (await engine.CreateAsync(kind: PredictionKind.Train), await engine.CreateAsync(kind: PredictionKind.Train));
        await engine.CancelAsync(ended.Id);
        foreach (var id in (string[])[ended.Id, waiting.Id, "unknown"])
        {
            await checkpoints.SaveAsync(id, new MemoryStream([1]), Cancellation);
        }

        await engine.StartNodeAsync();

        using var limit = new CancellationTokenSource(Wait.Limit);
        while (!(await checkpoints.ListAsync(limit.Token)).SequenceEqual([waiting.Id]))
        {
            await Task.Delay(20, limit.Token);
        }
    }
}
