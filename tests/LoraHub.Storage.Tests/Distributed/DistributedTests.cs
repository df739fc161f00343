using LoraHub.Storage.Tests.Contracts;

namespace LoraHub.Storage.Tests.Distributed;

public sealed class DistributedStoreTests(NatsServer nats, PostgresServer postgres) : PredictionStoreContract
{
    protected override async Task<Engine> NewEngineAsync() => await DistributedEngine.StartAsync(nats, postgres);
}

public sealed class DistributedQueueTests(NatsServer nats, PostgresServer postgres) : PredictionQueueContract
{
    protected override async Task<Engine> NewEngineAsync() => await DistributedEngine.StartAsync(nats, postgres);
}

public sealed class DistributedRetentionTests(NatsServer nats, PostgresServer postgres) : DataRetentionContract
{
    protected override async Task<Engine> NewEngineAsync() => await DistributedEngine.StartAsync(nats, postgres);
}

public sealed class DistributedEventsTests(NatsServer nats, PostgresServer postgres) : PredictionEventsContract
{
    protected override async Task<Engine> NewEngineAsync() => await DistributedEngine.StartAsync(nats, postgres);
}

public sealed class DistributedModulesTests(NatsServer nats, PostgresServer postgres) : ModuleRegistryContract
{
    protected override async Task<Engine> NewEngineAsync() => await DistributedEngine.StartAsync(nats, postgres);
}

public sealed class DistributedModuleSearchTests(NatsServer nats, PostgresServer postgres) : ModuleSearchContract
{
    protected override async Task<Engine> NewEngineAsync() => await DistributedEngine.StartAsync(nats, postgres);
}

public sealed class DistributedModuleUsesTests(NatsServer nats, PostgresServer postgres) : ModuleUsesContract
{
    protected override async Task<Engine> NewEngineAsync() => await DistributedEngine.StartAsync(nats, postgres);
}

public sealed class DistributedModuleOwnershipTests(NatsServer nats, PostgresServer postgres) : ModuleOwnershipContract
{
    protected override async Task<Engine> NewEngineAsync() => await DistributedEngine.StartAsync(nats, postgres);
}

public sealed class DistributedModelEntriesTests(NatsServer nats, PostgresServer postgres) : ModelStoreContract
{
    protected override async Task<Engine> NewEngineAsync() => await DistributedEngine.StartAsync(nats, postgres);
}

public sealed class DistributedDeploymentsTests(NatsServer nats, PostgresServer postgres) : DeploymentStoreContract
{
    protected override async Task<Engine> NewEngineAsync() => await DistributedEngine.StartAsync(nats, postgres);
}
