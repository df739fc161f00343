namespace LoraHub.Api.Tests.Telemetry;

/// <summary>Tests that count exactly: the instruments are the process's, so that no service may run beside theirs.</summary>
[CollectionDefinition(nameof(Alone), DisableParallelization = true)]
public sealed class Alone;
