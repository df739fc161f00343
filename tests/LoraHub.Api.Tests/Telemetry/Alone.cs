namespace LoraHub.Api.Tests.Telemetry;

/// <summary>Tests with exact counts: instruments belong to the process, so no other service may run at the same time.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
