namespace LoraHub.Core;

/// <summary>Whether predictions can be stored, queued and read now.</summary>
public interface IEngineHealth
{
    /// <returns>Null when they can; else one sentence for the operator that says why not and holds no credentials.</returns>
    Task<string?> TroubleAsync(CancellationToken cancellationToken);
}
