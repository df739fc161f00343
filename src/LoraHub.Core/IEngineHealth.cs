namespace LoraHub.Core;

/// <summary>Health check of one server of the storage engine, for the probes. Each server has its own implementation.</summary>
public interface IEngineHealth
{
    /// <returns>Null when the server is healthy, otherwise one clear sentence without credentials.</returns>
    Task<string?> CheckAsync(CancellationToken cancellationToken);
}
