namespace LoraHub.Core;

/// <summary>Whether what keeps predictions can be reached, for the probes. Each part that can be out of reach has one of its own.</summary>
public interface IEngineHealth
{
    /// <returns>Null when all is well, else one clear sentence without credentials.</returns>
    Task<string?> TroubleAsync(CancellationToken cancellationToken);
}
