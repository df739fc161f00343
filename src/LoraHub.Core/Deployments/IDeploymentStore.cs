namespace LoraHub.Core.Deployments;

/// <summary>The deployments.</summary>
public interface IDeploymentStore
{
    /// <summary>Adds a deployment.</summary>
    /// <returns>False, with nothing changed, when there is one with this id.</returns>
    Task<bool> CreateAsync(Deployment deployment, CancellationToken cancellationToken);

    /// <summary>Replaces the release of a deployment atomically. The store gives the new release its number.</summary>
    /// <param name="change">Returns the new release from the current one. May be called again after a transient error.</param>
    /// <returns>The deployment with its new release, or null when there is none with this id.</returns>
    Task<Deployment?> UpdateAsync(string id, Func<DeploymentRelease, DeploymentRelease> change, CancellationToken cancellationToken);

    Task<Deployment?> FindAsync(string id, CancellationToken cancellationToken);

    /// <summary>Deployments, newest first.</summary>
    /// <param name="model">Only deployments of this model, or null for all.</param>
    Task<IReadOnlyList<Deployment>> ListAsync(string? model, int skip, int limit, CancellationToken cancellationToken);

    /// <summary>Removes a deployment.</summary>
    /// <returns>False when there was none.</returns>
    Task<bool> RemoveAsync(string id, CancellationToken cancellationToken);
}
