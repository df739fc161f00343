using LoraHub.Core;

namespace LoraHub.Storage.Embedded;

/// <summary>What the embedded engine needs was there when it started, or it would not have started.</summary>
sealed class EmbeddedHealth : IEngineHealth
{
    public Task<string?> TroubleAsync(CancellationToken cancellationToken) => Task.FromResult<string?>(null);
}
