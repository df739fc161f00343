using LoraHub.Core.Predictions;
using LoraHub.Storage.InMemory;
using LoraHub.Storage.Tests.Contracts;
using Microsoft.Extensions.Options;

namespace LoraHub.Storage.Tests.InMemory;

public sealed class InMemoryStoreTests : PredictionStoreContract
{
    protected override Task<Engine> NewEngineAsync() => Task.FromResult<Engine>(new InMemoryEngine());
}

public sealed class InMemoryQueueTests : PredictionQueueContract
{
    protected override Task<Engine> NewEngineAsync() => Task.FromResult<Engine>(new InMemoryEngine());
}

public sealed class InMemoryEventsTests : PredictionEventsContract
{
    protected override Task<Engine> NewEngineAsync() => Task.FromResult<Engine>(new InMemoryEngine());
}

/// <summary>What only this engine does.</summary>
public sealed class InMemoryRetentionTests
{
    [Fact]
    public async Task Of_the_finished_predictions_the_oldest_are_forgotten_and_those_that_wait_are_not()
    {
        await using var engine = new InMemoryEngine(keepFinished: 2);
        var waiting = await engine.CreateAsync();
        var finished = new List<string>();
        for (var i = 0; i < 4; i++)
        {
            finished.Add((await engine.CreateAsync()).Id);
            await engine.CancelAsync(finished[^1]);
        }

        var listed = await engine.Store.ListAsync(new PredictionQuery(), TestContext.Current.CancellationToken);

        Assert.Equal([finished[3], finished[2], waiting.Id], listed.Select(prediction => prediction.Id));
        Assert.Null(await engine.Store.FindAsync(finished[0], TestContext.Current.CancellationToken));
        Assert.Empty(await engine.ReadAsync(finished[0]));
    }
}

sealed class InMemoryEngine : Engine
{
    readonly InMemoryPredictions _predictions;

    public InMemoryEngine(int keepFinished = 1000) =>
        _predictions = new InMemoryPredictions(Time, Options.Create(new InMemoryOptions { KeepFinished = keepFinished }));

    public override IPredictionStore Store => _predictions;

    public override IPredictionQueue Queue => _predictions;

    public override IPredictionEvents Events => _predictions;

    public override ValueTask DisposeAsync()
    {
        _predictions.Dispose();
        return ValueTask.CompletedTask;
    }
}
