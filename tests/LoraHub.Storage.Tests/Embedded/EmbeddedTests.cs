using LoraHub.Storage.Tests.Contracts;

namespace LoraHub.Storage.Tests.Embedded;

public sealed class EmbeddedStoreTests : PredictionStoreContract
{
    protected override async Task<Engine> NewEngineAsync() => await EmbeddedEngine.StartAsync();
}

public sealed class EmbeddedQueueTests : PredictionQueueContract
{
    protected override async Task<Engine> NewEngineAsync() => await EmbeddedEngine.StartAsync();
}

public sealed class EmbeddedEventsTests : PredictionEventsContract
{
    protected override async Task<Engine> NewEngineAsync() => await EmbeddedEngine.StartAsync();
}

public sealed class EmbeddedRetentionTests : DataRetentionContract
{
    protected override async Task<Engine> NewEngineAsync() => await EmbeddedEngine.StartAsync();
}

public sealed class EmbeddedModulesTests : ModuleRegistryContract
{
    protected override async Task<Engine> NewEngineAsync() => await EmbeddedEngine.StartAsync();
}

public sealed class EmbeddedModuleSearchTests : ModuleSearchContract
{
    protected override async Task<Engine> NewEngineAsync() => await EmbeddedEngine.StartAsync();
}

public sealed class EmbeddedModuleUsesTests : ModuleUsesContract
{
    protected override async Task<Engine> NewEngineAsync() => await EmbeddedEngine.StartAsync();
}

public sealed class EmbeddedModuleOwnershipTests : ModuleOwnershipContract
{
    protected override async Task<Engine> NewEngineAsync() => await EmbeddedEngine.StartAsync();
}

public sealed class EmbeddedModelEntriesTests : ModelStoreContract
{
    protected override async Task<Engine> NewEngineAsync() => await EmbeddedEngine.StartAsync();
}

public sealed class EmbeddedDeploymentsTests : DeploymentStoreContract
{
    protected override async Task<Engine> NewEngineAsync() => await EmbeddedEngine.StartAsync();
}
