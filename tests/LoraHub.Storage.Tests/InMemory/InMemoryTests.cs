using LoraHub.Core.Predictions;
using LoraHub.Storage.InMemory;
using LoraHub.Storage.Tests.Contracts;

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

sealed class InMemoryEngine : Engine
{
    readonly InMemoryPredictions _predictions;

    public InMemoryEngine() => _predictions = new InMemoryPredictions(Time);

    public override IPredictionStore Store => _predictions;

    public override IPredictionQueue Queue => _predictions;

    public override IPredictionEvents Events => _predictions;

    public override ValueTask DisposeAsync()
    {
        _predictions.Dispose();
        return ValueTask.CompletedTask;
    }
}
