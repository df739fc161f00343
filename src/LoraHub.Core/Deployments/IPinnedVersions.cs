namespace LoraHub.Core.Deployments;

/// <summary>Lists for workers, which may have no database, what deployments keep loaded.</summary>
public interface IPinnedVersions
{
    /// <summary>
    /// The versions that deployments keep loaded on this worker's hardware: those with <see cref="DeploymentRelease.MinInstances"/> of at least 1.
    /// Several seconds may pass until a change of a deployment reaches a worker.
    /// </summary>
    /// <exception cref="StorageUnavailableException">The storage is unreachable.</exception>
    Task<IReadOnlySet<PinnedVersion>> ReadAsync(CancellationToken cancellationToken);
}

/// <param name="Model">The <c>owner/name</c> of the model.</param>
/// <param name="Version">The id of its version.</param>
public sealed record PinnedVersion(string Model, string Version);
